import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openCase } from '../../../support/cases.ts'
import { enrolledUser, operationsOf } from '../../../support/certificates.ts'
import { officerAtWork } from '../../../support/officers.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'

let portal: Portal
let operator: Visitor
let approver: Visitor
beforeAll(async () => {
  portal = await openPortal({ presets: ['shoko'], generalUsers: false })
  operator = await officerAtWork(portal, 'operator', 'key.operator')
  approver = await officerAtWork(portal, 'approver', 'key.approver')
})
afterAll(() => portal.close())

const registered = async (userId: string, name: string): Promise<string> => {
  const { companyId } = await portal.deps.db.user.findUniqueOrThrow({ where: { id: userId } })
  const id = portal.deps.ids.next()
  await portal.deps.db.passkey.create({
    data: {
      id,
      companyId,
      userId,
      credentialId: `of-${id}`,
      publicKey: new Uint8Array(32),
      transports: [],
      name,
      backedUp: false,
      createdAt: portal.clock.now(),
    },
  })
  return id
}
const namesOf = async (userId: string) =>
  (await portal.deps.db.passkey.findMany({ where: { userId }, orderBy: { createdAt: 'asc' } })).map(
    ({ name }) => name,
  )
const remove = (userId: string, passkey: string) =>
  openCase(portal, operator, userId, 'passkey-removal', { reasonChoice: 'deviceLost', passkey })

describe('the helpdesk and one passkey of a customer', () => {
  it('H-03 H-04 C-19 one officer removes it at once; what else the user holds goes on, and everybody hears of it', async () => {
    const user = await enrolledUser(portal)
    const holder = portal.visitor(user.identity)
    await holder.logIn(user.password)
    const lost = await registered(user.id, '紛失した携帯')
    await registered(user.id, '机のキー')
    const page = await operator.get(`/helpdesk/users/${user.id}`)
    for (const words of ['パスキーを1つ削除する', '紛失した携帯', '机のキー', '未使用'])
      expect(page.text).toContain(words)

    const caseId = await remove(user.id, lost)
    expect(operator.page.path).toBe(`/helpdesk/cases/${caseId}`)
    for (const words of [
      'パスキーを削除し、ログイン中の接続を終了しました',
      '紛失した携帯',
      '端末の紛失・盗難',
      '事後確認の期限',
    ])
      expect(operator.page.text).toContain(words)
    expect(await namesOf(user.id)).toEqual(['机のキー'])
    expect(
      await portal.deps.db.outboxMail.count({ where: { userId: user.id, kind: 'passkey.changed' } }),
    ).toBe(1)
    const operations = (await operationsOf(portal, user.loginId)).map(({ operation }) => operation)
    expect(operations).toEqual(expect.arrayContaining(['passkey.removed', 'passkey.removal-case']))
    // Whoever holds the device may have been logged in; with the certificate the owner is back at once.
    expect((await holder.get('/home')).status).toBe(401)
    const again = portal.visitor(user.identity)
    await again.logIn(user.password)
    expect(again.page.path).toBe('/home')

    expect((await operator.post(`/helpdesk/cases/${caseId}/review`)).status).toBe(403)
    await approver.get('/helpdesk/reviews')
    await approver.post(`/helpdesk/cases/${caseId}/review`)
    const looked = (await operationsOf(portal, user.loginId)).map(({ operation }) => operation)
    expect(looked).toContain('case.reviewed')
  })

  it('I-03 I-05 asks which one, and takes no other user’s', async () => {
    const [user, other] = [await enrolledUser(portal), await enrolledUser(portal)]
    const [own, foreign] = [await registered(user.id, '自分のキー'), await registered(other.id, '他人のキー')]
    for (const passkey of ['', foreign, 'x']) {
      await remove(user.id, passkey)
      expect(operator.page.status).toBe(422)
      expect(operator.page.text).toContain('削除するパスキーが選択されていません')
      expect(operator.page.html).not.toContain('他人のキー')
    }
    expect([await namesOf(user.id), await namesOf(other.id)]).toEqual([['自分のキー'], ['他人のキー']])
    await remove(user.id, own)
    expect(await namesOf(user.id)).toEqual([])
    // Who has none has nothing to be removed.
    expect(await remove(user.id, own)).toBe('')
    expect(operator.page.status).toBe(409)
    expect((await operator.get(`/helpdesk/users/${user.id}`)).text).not.toContain('パスキーを1つ削除する')
  })

  it('H-04 of two officers at once one removes it, and the other hears that it is gone', async () => {
    const user = await enrolledUser(portal)
    const key = await registered(user.id, '二人のキー')
    await registered(user.id, '残るキー')
    const second = await officerAtWork(portal, 'operator', 'key.second')
    const both = await Promise.all(
      [operator, second].map(async officer => {
        await openCase(portal, officer, user.id, 'passkey-removal', {
          reasonChoice: 'deviceLost',
          passkey: key,
        })
        return officer.page.status
      }),
    )
    expect(both.filter(status => status === 200)).toHaveLength(1)
    expect(await namesOf(user.id)).toEqual(['残るキー'])
    const operations = (await operationsOf(portal, user.loginId)).map(({ operation }) => operation)
    expect(operations.filter(each => each === 'passkey.removed')).toHaveLength(1)
  })

  it('H-01 an auditor has no hand in it', async () => {
    const user = await enrolledUser(portal)
    await registered(user.id, 'キー')
    const auditor = await officerAtWork(portal, 'auditor', 'key.auditor')
    expect((await auditor.get(`/helpdesk/users/${user.id}/passkey-removal`)).status).toBe(403)
  })
})
