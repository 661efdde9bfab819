import { afterAll, beforeAll, expect, it } from 'vitest'
import { standingFacts, standingOf, usableInSql } from '../../../../src/features/certificates/index.ts'
import type { Prisma } from '../../../../src/generated/prisma/client.ts'
import { CertificatePurpose, CertificateState } from '../../../../src/generated/prisma/enums.ts'
import { day, plusSeconds } from '../../../../src/kernel/clock.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal()
})
afterAll(() => portal.close())

it('A-02, C-11 the statement that counts usable certificates judges each of them as the rule does', async () => {
  const { db, clock, ids } = portal.deps
  const now = new Date(Math.floor(clock.now().getTime() / 1000) * 1000)
  const { companyId, userId, issuerId, tbs, der } = await db.certificate.findFirstOrThrow({
    where: { userId: { not: null }, der: { not: null } },
  })
  const certificates: Prisma.CertificateCreateManyInput[] = []
  const unissued = new Set<CertificateState>(['requested', 'prepared', 'void'])
  for (const state of Object.values(CertificateState).filter(each => !unissued.has(each)))
    for (const purpose of Object.values(CertificatePurpose))
      for (const signedBefore of [0, 6, 8])
        for (const left of [-1, 0, 1, 100_000])
          certificates.push({
            ...{ companyId, userId, issuerId, tbs, der, state, purpose, requestedAt: now },
            id: ids.next(),
            serial: `0${certificates.length}`,
            fingerprint: `0${certificates.length}`,
            notBefore: plusSeconds(now, -30 * day),
            notAfter: plusSeconds(now, left),
            signedAt: plusSeconds(now, -signedBefore * day),
          })
  await db.certificate.createMany({ data: certificates })
  const delivered = certificates.filter((_, place) => place % 5 !== 0)
  await db.certificateDelivery.createMany({
    data: delivered.map(({ id }) => ({ certificateId: id, compatibility: 'modern' })),
  })
  const rows = await db.certificate.findMany({ select: { id: true, ...standingFacts } })
  const byRule = rows.filter(row => standingOf(row, now) === 'usable').map(({ id }) => id)
  const bySql = await db.$queryRaw<{ id: string }[]>`SELECT k.id FROM certificate k WHERE ${usableInSql(now)}`
  expect(bySql.map(({ id }) => id).toSorted()).toEqual(byRule.toSorted())
  expect(byRule.length).toBeGreaterThan(20)
})
