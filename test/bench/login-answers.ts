import type { Deps } from '../../src/deps.ts'
import { createCompany } from '../../src/features/company/index.ts'
import { system } from '../../src/kernel/actor.ts'
import { Visitor } from '../support/visitor.ts'
import type { Bed } from './bed.ts'
import { type Figure, quantile } from './figures.ts'

const tries = 200
const tolerated = 0.05
const rightPassword = 'Keisoku26'

/** What an ID stands for when somebody who only knows it types a password (B-05); the right one where it is locked out. */
const kinds = {
  unknown: { loginId: 'nobody99', password: 'Machigai26', locked: false, blocked: false },
  known: { loginId: 'keisoku1', password: 'Machigai26', locked: false, blocked: false },
  locked: { loginId: 'keisoku1', password: rightPassword, locked: true, blocked: false },
  blocked: { loginId: 'keisoku1', password: rightPassword, locked: true, blocked: true },
} as const
type Kind = keyof typeof kinds
const names = Object.keys(kinds) as Kind[]

/**
 * How long refused logins without a certificate take: two hundred of each kind, decided beforehand, interleaved, each kind
 * in turn at each place, so that whatever else the machine does it does to all of them. Each median beside that of an ID
 * that nobody has.
 */
export const benchLoginAnswers = async (bed: Bed): Promise<Figure[]> => {
  const program = await bed.startProgram()
  try {
    const took = await bed.withDeps(async deps => {
      const userId = await seedUser(deps)
      const visitor = new Visitor({ portal: bed.settings.portalOrigin, ca: bed.tls.ca })
      try {
        return await measure(deps, userId, visitor, `${bed.settings.portalOrigin}/e/keisoku/login/password`)
      } finally {
        visitor.close()
      }
    })
    const unknown = quantile(took.unknown, 0.5)
    return names.map(kind => {
      const median = quantile(took[kind], 0.5)
      const ratio = median / unknown
      return {
        name: `login-answers ${kind}`,
        unit: 'ms',
        median,
        baseline: unknown,
        ratio,
        p50: median,
        p99: quantile(took[kind], 0.99),
        goal: `within ${tolerated * 100} % of unknown`,
        met: Math.abs(ratio - 1) <= tolerated,
      }
    })
  } finally {
    await program.stop()
  }
}

const measure = async (deps: Deps, userId: string, visitor: Visitor, address: string) => {
  const took: Record<Kind, number[]> = { unknown: [], known: [], locked: [], blocked: [] }
  await visitor.get(address)
  for (let round = -10; round < tries; round++)
    for (let n = 0; n < names.length; n++) {
      const kind = names[(n + round + 12) % names.length] ?? 'unknown'
      await prepare(deps, userId, kinds[kind])
      const { loginId, password } = kinds[kind]
      const startedAt = performance.now()
      const { status } = await visitor.post(address, { loginId, password })
      const milliseconds = performance.now() - startedAt
      if (status !== 422) throw new Error(`A refused login was answered with ${status}`)
      // The first rounds bring connections, prepared statements and compiled code.
      if (round >= 0) took[kind].push(milliseconds)
    }
  return took
}

/** The same rows are written whatever the next try is. */
const prepare = async (deps: Deps, userId: string, { locked, blocked }: (typeof kinds)[Kind]) => {
  await deps.db.credential.updateMany({
    where: { userId, kind: 'login_password' },
    data: {
      failures: locked ? 6 : 0,
      lockedAt: locked ? deps.clock.now() : null,
      strangerFailures: 0,
      strangerRetryAfter: null,
    },
  })
  await deps.db.user.update({
    where: { id: userId },
    data: { serviceState: blocked ? 'blocked' : 'available' },
  })
  await deps.db.rateWindow.updateMany({ data: { count: 0 } })
}

const seedUser = async (deps: Deps): Promise<string> => {
  const company = await createCompany(deps, system('bench'), {
    entrance: { slug: 'keisoku', name: '計測', preset: 'sevenbank' },
    contractNumber: '3100000000',
    name: '計測商事株式会社',
    nameKana: 'ケイソクショウジカブシキガイシャ',
    services: [{ code: 'balance', approval: null }],
    accounts: [],
    limits: [],
    overrides: {},
    administrator: {
      loginId: 'keisoku1',
      name: '計測　花子',
      email: 'keisoku1@bench.sekisho.example',
      loginPassword: rightPassword,
      confirmationPassword: 'Kakunin26',
      forceChange: false,
    },
  })
  if (!company.ok) throw new Error(`A company was refused: ${company.reason}`)
  return company.value.administratorId
}
