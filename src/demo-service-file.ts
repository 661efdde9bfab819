import { join } from 'node:path'

/** What the demo service must know of the portal, as a service's operator keeps it: a file that nobody else reads. */
export type DemoServiceSettings = {
  issuer: string
  /** The authority of the portal's own certificate. */
  caFile: string
  origin: string
  port: number
  host: string
  /** One client a company: by the contract number, which the tile's address names. */
  clients: Record<string, { company: string; clientId: string; clientSecret: string }>
}

/** Where the portal writes it and the demo service, a program of its own that loads nothing of the portal, reads it. */
export const demoServiceFile = (dataDir: string): string => join(dataDir, 'demo', 'service.json')
