import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '../../../support/database.ts'
import { meanwhile } from '../../../support/meanwhile.ts'
import { beginOn, execute, fillInChange, send, untouched } from './changing.ts'
import { confirmationPassword, type SevenbankAtWork, sevenbankAtWork } from './sevenbank-at-work.ts'

let { portal, admin, person, logIn, stored, historyOf } = {} as SevenbankAtWork

beforeAll(async () => {
  ;({ portal, admin, person, logIn, stored, historyOf } = await sevenbankAtWork())
})
afterAll(() => portal?.close())

const mailsTo = (id: string, kind: string) =>
  portal.deps.db.outboxMail.findMany({ where: { userId: id, kind } })

describe('利用者変更', () => {
  it('D-08 leads through the same steps, begins with what is stored, and ends at 変更結果', async () => {
    const { id, loginId } = await person('user', ['balance.view', 'transfer.request_new'])
    await beginOn(admin, id)
    expect(admin.page.text).toContain('全5ステップ中、1ステップ目')
    expect(admin.page.text).toContain('利用者変更［基本情報］')
    expect(untouched(admin.page.html)).toMatchObject({ loginId, loginIdAgain: loginId, role: 'user' })
    await send(admin, { name: '新名　花子' })
    expect(admin.page.text).toContain('利用者変更［権限］')
    expect(untouched(admin.page.html).permissions).toEqual(['balance.view', 'transfer.request_new'])
    await send(admin, { permissions: ['balance.view', 'transfer.request_new', 'statement.view'] })
    expect(admin.page.html).toMatch(/<button[^>]*>変更<\/button>/)
    await send(admin, { 'limit-transfer': '５００' })
    expect(admin.page.path).toMatch(/\/confirm$/)
    // Red and in words, with the old value beside, and a way back to each field (D-06).
    expect(admin.page.html).toMatch(/<ins class="changed[^>]*>.*?新名　花子<\/ins>/s)
    expect(admin.page.html).toMatch(/<del>試験　[^<]*<\/del>/)
    expect(admin.page.html).toMatch(/class="matrix__answer changed"/)
    expect(admin.page.html).toContain('/basic?return=confirm#name')
    expect(admin.page.text).toContain('変更しない')
    expect((await stored(id)).name).not.toBe('新名　花子')
    await execute(admin, { confirmationPassword })
    expect(admin.page.path).toMatch(/\/result$/)
    for (const words of [
      '以下の内容に利用者情報を変更しました',
      'ホームへ',
      '利用者一覧へ',
      '利用者登録メニューへ',
      '印刷',
    ])
      expect(admin.page.text).toContain(words)
    const user = await stored(id)
    expect(user).toMatchObject({ name: '新名　花子', version: 1 })
    expect(user.permissions).toHaveLength(3)
    expect(user.limits).toMatchObject([{ serviceCode: 'transfer', amount: 500n }])
    const [entry] = await historyOf(id, 'user.changed')
    expect(JSON.parse(entry?.details ?? '{}')).toMatchObject({
      before: { name: expect.any(String) },
      after: { name: '新名　花子', limits: [{ service: 'transfer', amount: '500' }] },
      added: { permissions: ['statement.view'] },
      reset: [],
      certificates: 0,
    })
    expect(await mailsTo(id, 'user.changed')).toHaveLength(1)
  })

  it('D-08 only what 「変更する」 gates is reset, each password by itself, and the sessions end', async () => {
    const { id, loginId, password } = await person()
    const user = await logIn({ loginId, password })
    expect(user.page.path).toBe('/home')
    await beginOn(admin, id)
    // Typed, but not ticked: nothing is read.
    await send(admin, { loginPassword: 'short', newConfirmationPassword: 'x' })
    expect(admin.page.path).toMatch(/\/permissions$/)
    await admin.get(admin.page.path.replace('permissions', 'basic'))
    await send(admin, {
      changeLoginPassword: 'on',
      loginPassword: 'Atarashii26',
      loginPasswordAgain: 'Chigau2026',
    })
    expect(admin.page.status).toBe(422)
    await send(admin, {
      changeLoginPassword: 'on',
      loginPassword: 'Atarashii26',
      loginPasswordAgain: 'Atarashii26',
    })
    await send(admin)
    await send(admin)
    expect(admin.page.text).toContain('ログイン中の操作は終了します')
    expect(admin.page.html).not.toContain('Atarashii26')
    await execute(admin, { confirmationPassword })
    expect(admin.page.path).toMatch(/\/result$/)
    expect((await user.get('/home')).status).toBe(401)
    expect((await logIn({ loginId, password })).page.path).not.toBe('/home')
    const again = await logIn({ loginId, password: 'Atarashii26' })
    expect(again.page.text).toContain('パスワードを変更してください')
    const { credentials } = await stored(id)
    expect(credentials.find(each => each.kind === 'login_password')?.forceChange).toBe(true)
    expect(credentials.find(each => each.kind === 'confirmation_password')?.forceChange).toBe(false)
    const [entry] = await historyOf(id, 'user.changed')
    expect(JSON.parse(entry?.details ?? '{}')).toMatchObject({ reset: ['login'], sessionsEnded: 1 })
    expect(entry?.details).not.toContain('Atarashii26')
  })

  it('B-21, D-08 the confirmation password is reset without force where it is not ticked, and differs from the login password', async () => {
    const { id } = await person()
    await beginOn(admin, id)
    const both = {
      changeLoginPassword: 'on',
      loginPassword: 'Onaji2026',
      loginPasswordAgain: 'Onaji2026',
      changeConfirmationPassword: 'on',
    }
    // Both too short: each of the two mistakes says which password it is about (I-03).
    await send(admin, { ...both, loginPassword: 'a1', newConfirmationPassword: 'b2' })
    for (const words of [
      '新しいログインパスワード：パスワードが短すぎます',
      '新しい確認用パスワード：パスワードが短すぎます',
    ])
      expect(admin.page.text).toContain(words)
    await send(admin, {
      ...both,
      newConfirmationPassword: 'Onaji2026',
      newConfirmationPasswordAgain: 'Onaji2026',
    })
    expect(admin.page.status).toBe(422)
    expect(admin.page.text).toContain('同じものは使用できません')
    await send(admin, {
      ...both,
      newConfirmationPassword: 'Betsu2026',
      newConfirmationPasswordAgain: 'Betsu2026',
      forceConfirmationChange: [],
    })
    await send(admin)
    await send(admin)
    await execute(admin, { confirmationPassword })
    const { credentials } = await stored(id)
    expect(credentials.map(({ kind, forceChange }) => [kind, forceChange]).sort()).toEqual([
      ['confirmation_password', false],
      ['login_password', true],
    ])
  })

  it('B-22, D-15 a new mail address is unverified, and both addresses are told', async () => {
    const { id, loginId } = await person()
    await portal.deps.db.user.update({ where: { id }, data: { emailState: 'valid' } })
    await fillInChange(admin, id, {
      basic: { email: 'shin@example.co.jp', emailAgain: 'shin@example.co.jp' },
    })
    expect(admin.page.text).toContain('「未確認」になります')
    await execute(admin, { confirmationPassword })
    expect(await stored(id)).toMatchObject({ email: 'shin@example.co.jp', emailState: 'unverified' })
    expect((await mailsTo(id, 'contact.changed')).map(({ recipient }) => recipient).sort()).toEqual(
      [`${loginId}@demo.sekisho.example`, 'shin@example.co.jp'].sort(),
    )
  })

  it('D-11 a right taken away is gone at the next request', async () => {
    // A successor, for nobody takes the right from the only other administrator.
    await person('administrator')
    const { id, loginId, password } = await person('administrator', ['history.all'])
    const other = await logIn({ loginId, password })
    expect((await other.get('/users')).status).toBe(200)
    await fillInChange(admin, id, { basic: { role: 'user' }, permissions: [] })
    await execute(admin, { confirmationPassword })
    expect(admin.page.path).toMatch(/\/result$/)
    expect((await other.get('/users')).status).toBe(403)
    expect((await other.get('/home')).status).toBe(200)
  })

  it('D-08 with nothing changed there is nothing to do', async () => {
    const { id } = await person()
    await fillInChange(admin, id)
    await execute(admin, { confirmationPassword })
    expect(admin.page.status).toBe(422)
    expect(admin.page.text).toContain('変更された項目がありません')
    expect(await stored(id)).toMatchObject({ version: 0 })
    expect(await historyOf(id, 'user.change-refused')).toMatchObject([
      { outcome: 'refused', reason: 'user.nothingChanged' },
    ])
  })

  it('F-02 what a change asked for that was refused at 「実行」 is in the history, under whose record it was', async () => {
    const { id } = await person()
    const { loginId, companyId } = await portal.deps.db.user.findUniqueOrThrow({ where: { id } })
    const basic = { loginId: 'sakidori1', loginIdAgain: 'sakidori1', name: '先取　五郎' }
    await fillInChange(admin, id, { basic, permissions: ['balance.view'] })
    await meanwhile(
      portal,
      id,
      () => execute(admin, { confirmationPassword }),
      `INSERT INTO "user" (id, company_id, login_id, login_id_key, login_id_scope, name, email, role, created_at)
       SELECT gen_random_uuid(), company_id, 'sakidori1', 'sakidori1', login_id_scope, '先取　一郎', email, 'user', now()
         FROM "user" WHERE id = '${id}' AND company_id = '${companyId}'`,
    )
    expect(admin.page.status).toBe(422)
    const [entry] = await portal.deps.db.history.findMany({
      where: { subjectId: id, operation: 'user.change-refused' },
    })
    expect(entry).toMatchObject({ reason: 'user.loginId.taken', subjectLabel: loginId })
    expect(JSON.parse(String(entry?.details))).toMatchObject({
      before: { loginId },
      after: { loginId: 'sakidori1', name: '先取　五郎' },
      added: { permissions: ['balance.view'] },
    })
  })

  it('D-03 a login ID that somebody has, in any case, is refused without saying whose; one’s own in another case is not', async () => {
    const [{ id, loginId }, other] = [await person(), await person()]
    await beginOn(admin, id)
    for (const taken of [other.loginId, other.loginId.toUpperCase()]) {
      await send(admin, { loginId: taken, loginIdAgain: taken })
      expect(admin.page.status).toBe(422)
      expect(admin.page.text).toContain('このログインIDは既に使用されています')
    }
    await send(admin, { loginId: loginId.toUpperCase(), loginIdAgain: loginId.toUpperCase() })
    expect(admin.page.path).toMatch(/\/permissions$/)
  })

  it('D-03 of two users given one login ID at once, one gets it', async () => {
    const two = [await person(), await person()]
    const second = await logIn(await person('administrator'))
    const admins = [admin, second]
    for (const [index, who] of admins.entries())
      await fillInChange(who, two[index]?.id ?? '', {
        basic: { loginId: 'hitotsu1', loginIdAgain: 'hitotsu1' },
      })
    await Promise.all(admins.map(who => execute(who, { confirmationPassword })))
    expect(admins.filter(who => who.page.path.endsWith('/result'))).toHaveLength(1)
    const refused = admins.find(who => !who.page.path.endsWith('/result'))
    expect(refused?.page.status).toBe(422)
    expect(refused?.page.text).toContain('既に使用されています')
    expect(await portal.deps.db.user.count({ where: { loginIdKey: 'hitotsu1' } })).toBe(1)
  })

  it.each([
    ['loginId', '', 'ログインIDが入力されていません'],
    ['loginId', 'abc12', '半角英数字6文字以上12文字以内'],
    ['loginId', 'abcdefg123456', '半角英数字6文字以上12文字以内'],
    ['loginId', 'abcdef', '英字と数字の両方'],
    ['loginId', '123456', '英字と数字の両方'],
    ['loginId', 'abc123-', '半角英数字6文字以上12文字以内'],
    ['name', '', '利用者名が入力されていません'],
    ['name', '𠮷'.repeat(31), '全角30文字以内'],
    ['name', '山田😀', '絵文字や制御文字は使用できません'],
    ['name', '㈱関所　①課　髙﨑', '使用できない文字が含まれています（㈱ ①）'],
    ['email', 'a@b', '半角4文字以上64文字以内'],
    ['email', `${'a'.repeat(60)}@b.jp`, '半角4文字以上64文字以内'],
    ['email', 'あ@example.jp', 'メールアドレスの形式'],
  ])('I-03 %s 「%s」 is refused at its field', async (field, typed, message) => {
    const { id } = await person()
    await beginOn(admin, id)
    await send(admin, { [field]: typed, ...(field !== 'name' && { [`${field}Again`]: typed }) })
    expect(admin.page.status).toBe(422)
    expect(admin.page.html).toContain(`id="${field}-error"`)
    expect(admin.page.text).toContain(message)
  })

  it.each([
    ['loginId', 'abcde1'],
    ['loginId', 'abcdefghijk1'],
    ['name', '𠮷'.repeat(30)],
    ['name', 'ﾔﾏﾀﾞ 花子'],
    ['email', `${'a'.repeat(59)}@b.jp`],
  ])('I-03 %s 「%s」 is accepted', async (field, typed) => {
    const { id } = await person()
    await beginOn(admin, id)
    await send(admin, { [field]: typed, ...(field !== 'name' && { [`${field}Again`]: typed }) })
    expect(admin.page.path).toMatch(/\/permissions$/)
  })

  it('I-05 roles, permissions and accounts that no page of ours offers are refused as forged', async () => {
    const { id } = await person()
    const draft = await beginOn(admin, id)
    for (const role of ['contractor', 'root', 'administrator\u0007'])
      expect(
        (await admin.post(`${draft}/basic`, { ...untouched(admin.page.html), ...(await own(draft)), role }))
          .status,
      ).toBe(403)
    await admin.get(`${draft}/basic`)
    await send(admin)
    expect((await send(admin, { permissions: ['transfer.everything'] })).status).toBe(403)
    await admin.get(`${draft}/accounts`)
    expect((await send(admin, { accounts: ['00000000-0000-7000-8000-000000000001'] })).status).toBe(404)
    expect(await stored(id)).toMatchObject({ version: 0, role: 'user' })
  })

  const own = async (draft: string) => {
    await admin.get(`${draft}/basic`)
    return untouched(admin.page.html)
  }

  it('I-05 another company’s user, and a draft of somebody else, are not found, and recorded', async () => {
    const stranger = portal.deps.ids.next()
    await sql(
      portal.database.ownerUrl,
      `INSERT INTO company (id, entrance_id, contract_number, name, name_kana, policy_version, created_at)
       SELECT '${stranger}', entrance_id, 'Z9', 'よその会社', 'ヨソ', 1, now() FROM company LIMIT 1`,
      `INSERT INTO "user" (id, company_id, login_id, login_id_key, login_id_scope, name, email, role, created_at)
       VALUES ('${stranger}', '${stranger}', 'yosono1', 'yosono1', 'bank', 'よその人', 'yoso@example.jp', 'user', now())`,
    )
    const refusals = () => portal.deps.db.history.count({ where: { operation: 'access.refused' } })
    const before = await refusals()
    await admin.get('/users')
    for (const path of ['change', 'deletion', 'suspension', 'resumption']) {
      expect((await admin.post(`/users/${stranger}/${path}`)).status).toBe(404)
      await admin.get('/users')
      expect((await admin.post(`/users/nonsense/${path}`)).status).toBe(404)
      await admin.get('/users')
    }
    const { id } = await person()
    const draft = await beginOn(admin, id)
    const second = await logIn(await person('administrator'))
    expect((await second.get(`${draft}/basic`)).status).toBe(404)
    expect(await refusals()).toBe(before + 9)
    expect((await portal.deps.db.user.findUniqueOrThrow({ where: { id: stranger } })).version).toBe(0)
  })
})
