import type { Deps } from '../../src/deps.ts'
import { storePassword } from '../../src/features/passwords/index.ts'
import { plusSeconds } from '../../src/kernel/clock.ts'
import { inTx } from '../../src/platform/db/in-tx.ts'
import { randomPassword } from '../../src/platform/random.ts'
import { hashOf } from './hashing.ts'

let users = 0

/**
 * A user of the company that logs in by certificate and password (shoko), with a login password to be changed, as an
 * administrator registers one.
 */
export const newUser = async ({ deps }: { deps: Deps }, contractNumber = '2004000000') => {
  const company = await deps.db.company.findUniqueOrThrow({ where: { contractNumber } })
  const loginId = `20040001${String(++users).padStart(2, '0')}`
  const password = 'Karimoto2026'
  const hash = await hashOf(deps.hasher, password)
  const id = deps.ids.next()
  await inTx(deps, async tx => {
    await tx.user.create({
      data: {
        id,
        companyId: company.id,
        loginId,
        loginIdKey: loginId,
        loginIdScope: 'bank',
        name: `利用　${users}郎`,
        email: `user${users}@demo.sekisho.example`,
        role: 'user',
        createdAt: deps.clock.now(),
      },
    })
    await storePassword(deps, tx, { companyId: company.id, userId: id }, 'login_password', hash, {
      forceChange: true,
      remembered: 2,
    })
  })
  return { id, companyId: company.id, loginId, password }
}

/** An acquisition password as the helpdesk issues one; good for fourteen days. */
export const giveAcquisitionPassword = async ({ deps }: { deps: Deps }, loginId: string): Promise<string> => {
  const password = randomPassword()
  const { id, companyId } = await deps.db.user.findFirstOrThrow({ where: { loginIdKey: loginId } })
  const now = deps.clock.now()
  await deps.db.acquisitionPassword.create({
    data: {
      id: deps.ids.next(),
      companyId,
      userId: id,
      hash: await deps.hasher.hash(password),
      issuedAt: now,
      expiresAt: plusSeconds(now, 14 * 86_400),
    },
  })
  return password
}
