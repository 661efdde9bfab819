import pg from 'pg'
import type { Bed } from './bed.ts'
import { type Figure, median } from './figures.ts'
import { loadPages } from './page-load.ts'

const companies = 100
const usersEach = 10_000
const rounds = 3
const seconds = 2
const goalMilliseconds = 20
const goalPerSecond = 400
const manyConnections = 10

const surnames =
  '佐藤 鈴木 高橋 田中 渡辺 伊藤 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 斎藤 清水 山崎 森 池田 橋本 阿部 石川 中島 前田 藤田 小川 後藤 岡田 長谷川 村上 近藤 石井 坂本 遠藤 青木 藤井 西村 福田 太田 三浦 岡本 松田 中川 中野 原田 髙﨑'
const givenNames = '太郎 花子 一郎 次郎 三郎 美咲 陽菜 大翔 蓮 結衣 葵 凛 湊 樹 悠真 陽翔 紬 芽依 莉子 健太'

/** A million users of a hundred companies; ten thousand of them are the colleagues of one of the bed's customers. */
const seed = async (bed: Bed): Promise<number> => {
  const [, customer] = bed.customers
  const ownerUrl = bed.settings.databaseOwnerUrl
  if (!customer || !ownerUrl) throw new Error('The bed has no second customer')
  const client = new pg.Client(ownerUrl)
  await client.connect()
  try {
    // What the helpdesk's search looks at is no part of this, and takes longer than all the rest.
    await client.query('alter table "user" disable trigger user_name_grams')
    await client.query(
      `insert into company (id, entrance_id, contract_number, name, name_kana, policy_version, created_at)
       select gen_random_uuid(), (select entrance_id from company where id = $1),
              (7000000000 + n)::text, '規模' || n, 'キボ', 1, now()
         from generate_series(1, $2 - 1) as n`,
      [customer.companyId, companies],
    )
    await client.query(
      `insert into "user" (id, company_id, login_id, login_id_key, login_id_scope, name, email, role, created_at,
                           last_login_at)
       select gen_random_uuid(), place.id, login_id, login_id, 'bank',
              sur[1 + (n * 7 + place.at) % cardinality(sur)] || '　' || given[1 + (n * 13 + place.at * 3) % cardinality(given)],
              login_id || '@bench.sekisho.example', 'user', now(),
              case when n % 5 > 0 then now() - n * interval '1 minute' end
         from (select id, row_number() over (order by contract_number) as at from company
                where id = $1 or contract_number like '7%') as place,
              string_to_array($2, ' ') as sur, string_to_array($3, ' ') as given,
              generate_series(1, $4 - 1) as n,
              lateral (select 'u' || lpad((place.at * 100000 + n)::text, 9, '0') as login_id) as named`,
      [customer.companyId, surnames, givenNames, usersEach],
    )
    await client.query(
      `insert into credential (id, company_id, user_id, kind, hash, set_at, set_on)
       select gen_random_uuid(), company_id, id, 'login_password', 'none', now(), current_date
         from "user" where company_id = $1 and login_id_key like 'u%'`,
      [customer.companyId],
    )
    await client.query('alter table "user" enable trigger user_name_grams')
    await client.query('vacuum analyze "user", credential')
    return bed.customers.indexOf(customer)
  } finally {
    await client.end()
  }
}

/**
 * 利用者一覧 of a company of ten thousand among a million, searched and sorted, first, middle and last page (D-01). What a search
 * has found is remembered (decision 80): these are its pages after the first one.
 */
export const benchUserList = async (bed: Bed): Promise<Figure[]> => {
  const at = await seed(bed)
  const search = encodeURIComponent('田中')
  const pages: Record<string, string> = {
    'searched, by name': `q=${search}&sort=name`,
    'searched, by last login': `q=${search}&sort=last-login&order=descending`,
    'everybody found, by login ID, middle': 'q=u&sort=login-id&page=250',
    'all, by name, middle': 'sort=name&page=250',
    'all, by last login, last': 'sort=last-login&order=descending&page=500',
    'nobody found': 'q=nobody&sort=name',
  }
  const program = await bed.startProgram()
  try {
    const visitor = (await bed.everyoneHome())[at]
    if (!visitor) throw new Error('Nobody is logged in')
    const figures: Figure[] = []
    for (const [name, query] of Object.entries(pages))
      for (const connections of [1, manyConnections]) {
        const found = []
        const cpu: { own: number; database: number }[] = []
        // The first round warms caches and compilers, and is thrown away.
        for (let round = 0; round <= rounds; round++) {
          const before = { own: program.cpuSeconds(), database: bed.databaseCpuSeconds() }
          const load = await loadPages({
            port: bed.settings.certPort,
            path: `/users?${query}`,
            visitors: Array.from({ length: connections }, () => visitor),
            seconds,
          })
          if (round === 0) continue
          found.push(load)
          cpu.push({
            own: ((program.cpuSeconds() - before.own) * 1000) / load.count,
            database: ((bed.databaseCpuSeconds() - before.database) * 1000) / load.count,
          })
        }
        const p50 = median(found.map(each => each.p50))
        const perSecond = median(found.map(each => each.perSecond))
        const alone = connections === 1
        figures.push({
          name: `user-list-10k ${name}`,
          connections,
          unit: 'pages/s',
          median: perSecond,
          baseline: null,
          ratio: null,
          p50,
          p99: median(found.map(each => each.p99)),
          goal: alone ? `p50 < ${goalMilliseconds} ms` : `≥ ${goalPerSecond}`,
          met: alone ? p50 < goalMilliseconds : perSecond >= goalPerSecond,
          besides: {
            cpuMilliseconds: median(cpu.map(each => each.own)),
            databaseCpuMilliseconds: median(cpu.map(each => each.database)),
          },
        })
      }
    return figures
  } finally {
    await program.stop()
  }
}
