import { pino } from 'pino'
import { startEmbedded } from '../../src/platform/db/embedded.ts'

/** A program that runs the embedded database on the folder given and never stops it: for tests that kill it. */
const [dataDir = ''] = process.argv.slice(2)
const { appUrl } = await startEmbedded({ dataDir, log: pino({ level: 'silent' }), durable: false })
process.stdout.write(`${appUrl}\n`)
setInterval(() => {}, 60_000)
