import { startCertificateWork } from '../../src/jobs/certificate-issue.ts'
import { readSettings } from '../../src/platform/settings.ts'
import { openWorld } from '../../src/world.ts'

/** A program that issues what is asked for until it is killed: for tests that kill it. */
const { deps } = await openWorld(readSettings(process.env), { worker: true })
process.stdout.write('at work\n')
await startCertificateWork(deps)
