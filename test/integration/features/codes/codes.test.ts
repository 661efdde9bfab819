import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { issueCode, redeemCode } from '../../../../src/features/codes/index.ts'
import type { UserActor } from '../../../../src/kernel/actor.ts'
import { inTx } from '../../../../src/platform/db/in-tx.ts'
import { lastSealed } from '../../../support/codes.ts'
import { newUser } from '../../../support/enrolment.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'

let portal: Portal
let actor: UserActor
const recipient = () => `${actor.loginId}@demo.sekisho.example`

beforeAll(async () => {
  portal = await openPortal()
})
afterAll(() => portal.close())
beforeEach(async () => {
  const { id, companyId, loginId } = await newUser(portal)
  actor = {
    kind: 'user',
    id,
    companyId,
    loginId,
    name: '利用',
    role: 'user',
    permissions: new Set(),
    origin: {},
  }
})

const issue = (purpose: 'mail-change' | 'certificate-issue' = 'mail-change') =>
  inTx(portal.deps, tx => issueCode(portal.deps, tx, actor, { purpose, recipient: recipient() }))
const redeem = (code: string, purpose: 'mail-change' | 'certificate-issue' = 'mail-change') =>
  redeemCode(portal.deps, actor, { purpose, code })
const sent = async () => (await lastSealed(portal, recipient())).code ?? ''
const otherThan = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0')

describe('a mailed code', () => {
  it('C-03 works once, and twenty at the same moment give one success', async () => {
    await issue()
    const code = await sent()
    const done = await Promise.all(Array.from({ length: 20 }, () => redeem(code)))
    expect(done.filter(each => each.ok)).toHaveLength(1)
    expect(await redeem(code)).toMatchObject({ reason: 'code.used' })
  })

  it('C-03 has five tries, however many come at once, and then ends even for the right digits', async () => {
    await issue()
    const code = await sent()
    const wrong = otherThan(code)
    expect(await redeem(wrong)).toMatchObject({ reason: 'code.wrong', params: { left: 4 } })
    const done = await Promise.all(Array.from({ length: 30 }, () => redeem(wrong)))
    expect(done.filter(each => !each.ok && each.reason === 'code.wrong')).toHaveLength(3)
    expect(await redeem(code)).toMatchObject({ reason: 'code.exhausted' })
  })

  it('C-03 ends after thirty minutes, not half a minute earlier', async () => {
    await issue()
    const code = await sent()
    portal.clock.move(30 * 60 + 1)
    expect(await redeem(code)).toMatchObject({ reason: 'code.expired' })
    await issue()
    portal.clock.move(30 * 60 - 30)
    expect((await redeem(await sent())).ok).toBe(true)
  })

  it('I-06 is read with spaces, full-width digits and hyphens; anything else takes no try', async () => {
    await issue()
    const code = await sent()
    for (const typed of ['', '  ', '12345', '1234567', 'abcdef', '①②③④⑤⑥', '٠١٢٣٤٥', '<b>1</b>'])
      expect((await redeem(typed)).ok).toBe(false)
    const wide = [...code].map(digit => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)).join('')
    expect(await redeem(` ${wide.slice(0, 3)}　${wide.slice(3)}\n`)).toMatchObject({ ok: true })
  })

  it('D-15 proves the address it was mailed to, whatever it was for, where that is still the user’s', async () => {
    const at = { companyId_id: { companyId: actor.companyId, id: actor.id } }
    const stateAfter = async (email: string) => {
      await portal.deps.db.user.update({ where: at, data: { email, emailState: 'unverified' } })
      await issue('certificate-issue')
      expect(await redeem(await sent(), 'certificate-issue')).toMatchObject({ ok: true })
      return (await portal.deps.db.user.findUniqueOrThrow({ where: at })).emailState
    }
    expect(await stateAfter('another@example.jp')).toBe('unverified')
    expect(await stateAfter(recipient())).toBe('valid')
    expect(
      await portal.deps.db.history.count({ where: { operation: 'contact.proved', actorId: actor.id } }),
    ).toBe(1)
  })

  it('is bound to its purpose and its user', async () => {
    await issue()
    const code = await sent()
    expect(await redeem(code, 'certificate-issue')).toMatchObject({ reason: 'code.none' })
    const other = await newUser(portal)
    const foreign = await redeemCode(
      portal.deps,
      { ...actor, id: other.id, loginId: other.loginId },
      { purpose: 'mail-change', code },
    )
    expect(foreign).toMatchObject({ reason: 'code.none' })
    expect(await redeem(code)).toMatchObject({ ok: true, value: { recipient: recipient() } })
  })

  it('a new one ends the one before; the sixth in an hour is not sent', async () => {
    await issue()
    const first = await sent()
    await issue()
    const second = await sent()
    if (first !== second) expect((await redeem(first)).ok).toBe(false)
    expect((await redeem(second)).ok).toBe(true)
    for (let n = 0; n < 3; n++) expect((await issue()).ok).toBe(true)
    expect(await issue()).toMatchObject({ reason: 'code.tooMany' })
    portal.clock.move(3600)
    expect((await issue()).ok).toBe(true)
  })

  const state = (purpose: string) =>
    portal.deps.db.codeFailures.findFirst({ where: { userId: actor.id, purpose } })

  /** Wrong tries at codes of one purpose, a new code wherever the last one has ended. */
  const guess = async (times: number, purpose: 'mail-change' | 'certificate-issue') => {
    for (let n = 0; n < times; n++) {
      if (n % 5 === 0) {
        portal.clock.move(3600)
        expect((await issue(purpose)).ok).toBe(true)
      }
      await redeem(otherThan(await sent()), purpose)
    }
  }

  it('C-03 twenty wrong ones in a row over four codes suspend them for good; the owner is told once', async () => {
    await guess(19, 'certificate-issue')
    expect(await state('certificate-issue')).toMatchObject({ failures: 19, suspendedAt: null })
    const code = await sent()
    expect(await redeem(otherThan(code), 'certificate-issue')).toMatchObject({ reason: 'code.suspended' })
    expect(await redeem(code, 'certificate-issue')).toMatchObject({ reason: 'code.suspended' })
    portal.clock.move(24 * 3600)
    expect(await issue('certificate-issue')).toMatchObject({ reason: 'code.suspended' })
    expect(await portal.deps.db.outboxMail.count({ where: { kind: 'code.suspension' } })).toBe(1)
    const history = await portal.deps.db.history.findMany({ where: { actorId: actor.id } })
    expect(history.filter(each => each.operation === 'code.suspended')).toHaveLength(1)
    // Another purpose goes on.
    expect((await issue()).ok).toBe(true)
    expect((await redeem(await sent())).ok).toBe(true)
  })

  it('C-03 a right one in between begins the count anew; what proves an address alone has none', async () => {
    await guess(18, 'certificate-issue')
    expect((await redeem(await sent(), 'certificate-issue')).ok).toBe(true)
    expect(await state('certificate-issue')).toBeNull()
    await guess(3, 'certificate-issue')
    expect(await state('certificate-issue')).toMatchObject({ failures: 3, suspendedAt: null })
    await guess(6, 'mail-change')
    expect(await state('mail-change')).toBeNull()
  })

  it('C-03 the last tries at once suspend once', async () => {
    await guess(15, 'certificate-issue')
    portal.clock.move(3600)
    await issue('certificate-issue')
    const mails = await portal.deps.db.outboxMail.count({ where: { kind: 'code.suspension' } })
    const wrong = otherThan(await sent())
    await Promise.all(Array.from({ length: 20 }, () => redeem(wrong, 'certificate-issue')))
    expect(await state('certificate-issue')).toMatchObject({ failures: 20, suspendedAt: expect.any(Date) })
    expect(await portal.deps.db.outboxMail.count({ where: { kind: 'code.suspension' } })).toBe(mails + 1)
  })

  it('asked for ten times at once, at most one is usable', async () => {
    await Promise.all(Array.from({ length: 10 }, () => issue()))
    const usable = await portal.deps.db.authenticationCode.count({
      where: { userId: actor.id, usedAt: null, voidedAt: null },
    })
    expect(usable).toBe(1)
  })

  it('F-02 stands in no column and no history in the clear, and is never mailed with the login ID', async () => {
    await issue()
    const code = await sent()
    const mail = await portal.deps.db.outboxMail.findFirstOrThrow({ where: { recipient: recipient() } })
    expect(JSON.stringify({ ...mail, recipient: '' })).not.toContain(code)
    expect(JSON.stringify(mail.params)).not.toContain(actor.loginId)
    const history = await portal.deps.db.history.findMany({ where: { actorId: actor.id } })
    expect(history.map(each => each.operation)).toContain('code.issued')
    expect(JSON.stringify(history.map(each => each.details))).not.toContain(code)
  })
})
