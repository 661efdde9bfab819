import type { Logger } from 'pino'
import type { Clock } from './kernel/clock.ts'
import type { Ids } from './kernel/ids.ts'
import type { Pkcs12Builder } from './platform/ca/pkcs12.ts'
import type { Db } from './platform/db/client.ts'
import type { Notifications } from './platform/db/notifications.ts'
import type { Hasher } from './platform/hasher.ts'
import type { Jobs } from './platform/jobs.ts'
import type { PdfPrinter } from './platform/pdf/pdf.ts'
import type { SecretBox } from './platform/secret-box.ts'
import type { Settings } from './platform/settings.ts'
import type { CertificateConnections } from './platform/tls/listeners.ts'

/** What every command and query may use of the world; made once at the start, by hand in tests. */
export type Deps = {
  settings: Settings
  db: Db
  clock: Clock
  ids: Ids
  log: Logger
  hasher: Hasher
  secretBox: SecretBox
  pkcs12: Pkcs12Builder
  pdf: PdfPrinter
  jobs: Jobs
  connections: CertificateConnections
  notifications: Notifications
}
