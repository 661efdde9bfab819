/** What the certificate of a connection came to, as the page words it; carried back from the certificate host. */
export const certificateOutcomes = [
  'usable',
  'staff',
  'none',
  'foreign',
  'expired',
  'revoked',
  'superseded',
  'void',
  'contractEnded',
] as const
export type CertificateOutcome = (typeof certificateOutcomes)[number]

/** How an item of the self-check stands: `open` where it is the visitor who must try or compare. */
export type CheckState = 'good' | 'bad' | 'open'

/** An item of the list; its words are `check.items.<name>.<state>` and, where it is not good, its remedy. */
export type CheckItem = {
  name: 'tls' | 'cookies' | 'certificate' | 'javascript' | 'clock' | 'download'
  state: CheckState
  /** What was seen: the protocol, the kind of certificate. */
  seen?: string
}

/** Protocols that a bank still talks to. Anything older ends at the handshake and never sees this page. */
const goodProtocols = ['TLSv1.2', 'TLSv1.3']

/**
 * What the server can tell of a visitor's browser (C-17). A front that does not say which protocol it spoke leaves it
 * null; it takes nothing older than TLS 1.2 either.
 */
export const checkItems = (facts: {
  protocol: string | null
  cookies: boolean
  certificate: CertificateOutcome | undefined
}): CheckItem[] => [
  {
    name: 'tls',
    state: facts.protocol === null || goodProtocols.includes(facts.protocol) ? 'good' : 'bad',
    ...(facts.protocol && { seen: facts.protocol.replace('TLSv', 'TLS ') }),
  },
  { name: 'cookies', state: facts.cookies ? 'good' : 'bad' },
  {
    name: 'certificate',
    state: facts.certificate === undefined ? 'open' : facts.certificate === 'usable' ? 'good' : 'bad',
    ...(facts.certificate && { seen: facts.certificate }),
  },
  { name: 'javascript', state: 'open' },
  { name: 'clock', state: 'open' },
  { name: 'download', state: 'open' },
]
