import { setTimeout as pause } from 'node:timers/promises'
import { requestCertificate } from '../../src/features/certificates/index.ts'
import { system } from '../../src/kernel/actor.ts'
import { inTx } from '../../src/platform/db/in-tx.ts'
import type { Bed } from './bed.ts'
import { type Figure, median } from './figures.ts'
import { stormOfLogins } from './login-load.ts'
import type { LoopDelay, MeasuredProcess } from './measured-process.ts'
import { loadPages } from './page-load.ts'

const rounds = 3
const stormSeconds = 8
const readers = 10
const pagesPerSecond = 100
const certificatesARound = 12

/** How late the program's event loop comes during ten logins a second, with pages asked for beside them. */
export const benchLoopLogin = (bed: Bed): Promise<Figure[]> =>
  withProgram(bed, async program => {
    const delays: LoopDelay[] = []
    const pages: { p50: number; p99: number }[] = []
    const visitors = (await bed.everyoneHome()).slice(0, readers)
    // Those who read stay logged in; the others come and go.
    for (const { visitor } of bed.customers.slice(readers)) await visitor.post('/logout')
    for (let round = 0; round < rounds; round++) {
      await program.watchLoop()
      const [load] = await Promise.all([
        loadPages({
          port: bed.settings.certPort,
          path: '/home',
          visitors,
          seconds: stormSeconds - 1,
          overallRate: pagesPerSecond,
        }),
        stormOfLogins(bed.customers.slice(readers), { perSecond: 10, seconds: stormSeconds }),
      ])
      delays.push(await program.loopDelay())
      pages.push(load)
    }
    const delay = median(delays.map(({ p99 }) => p99))
    const p99 = median(pages.map(each => each.p99))
    return [
      {
        name: 'loop-login',
        unit: 'ms p99',
        median: delay,
        baseline: null,
        ratio: null,
        p50: median(pages.map(each => each.p50)),
        p99,
        goal: '≤ 10, pages < 50',
        met: delay <= 10 && p99 < 50,
        besides: {
          loopP50: median(delays.map(({ p50 }) => p50)),
          loopMost: median(delays.map(({ max }) => max)),
        },
      },
    ]
  })

/** How late it comes while certificates are issued, two at a time. */
export const benchLoopIssue = (bed: Bed): Promise<Figure[]> =>
  withProgram(bed, program =>
    bed.withDeps(async deps => {
      const delays: LoopDelay[] = []
      const perSecond: number[] = []
      for (let round = 0; round < rounds; round++) {
        const customers = bed.customers.slice(round * certificatesARound, (round + 1) * certificatesARound)
        await program.watchLoop()
        const startedAt = performance.now()
        const ids = await inTx(deps, async tx => {
          const wanted: string[] = []
          for (const { companyId, userId } of customers)
            wanted.push(
              await requestCertificate(deps, tx, system('bench'), {
                holder: { companyId, userId },
                purpose: 'renewal',
                pkcs12Password: 'KeisokuShutoku2026',
              }),
            )
          return wanted
        })
        const isReady = { certificateId: { in: ids }, readyAt: { not: null } }
        while ((await deps.db.certificateDelivery.count({ where: isReady })) < ids.length) {
          if (performance.now() - startedAt > 60_000)
            throw new Error('Certificates were not issued in a minute')
          await pause(100)
        }
        delays.push(await program.loopDelay())
        perSecond.push((ids.length * 1000) / (performance.now() - startedAt))
      }
      const delay = median(delays.map(({ p99 }) => p99))
      return [
        {
          name: 'loop-issue',
          unit: 'ms p99',
          median: delay,
          baseline: null,
          ratio: null,
          goal: '< 20',
          met: delay < 20,
          besides: {
            loopP50: median(delays.map(({ p50 }) => p50)),
            loopMost: median(delays.map(({ max }) => max)),
            certificatesPerSecond: median(perSecond),
          },
        },
      ]
    }),
  )

const withProgram = async <T>(bed: Bed, work: (program: MeasuredProcess) => Promise<T>): Promise<T> => {
  const program = await bed.startProgram()
  try {
    return await work(program)
  } finally {
    await program.stop()
  }
}
