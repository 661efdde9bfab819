import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { readYen, type Yen } from '../../kernel/money.ts'
import { refuse } from '../../kernel/result.ts'
import { toHalfWidth } from '../../kernel/width.ts'
import { user, userActor } from '../../platform/http/policy.ts'
import type { FieldError } from '../../platform/http/view.ts'
import { type Reader, readerOf } from '../../platform/reader.ts'
import { can } from '../../policy/can.ts'
import { policyOf } from '../../policy/policy.ts'
import { certificateWay } from '../certificates/index.ts'
import { accountWords, companyAccounts } from '../users/index.ts'
import { answer } from './obstacle.ts'
import { nameOf, type Operation, portalActions } from './operation.ts'
import { findAccount, matrixOperations, type Question, situationOf, userByLoginId } from './queries.ts'
import { helpersOf } from './who-helps.ts'
import {
  approvalWords,
  limitRows,
  obstacleWords,
  operationItems,
  operationWords,
  roomWords,
} from './words.ts'

const screen = 'BK00030'
/** As many digits as an account's limit may have (E-03). */
const amountDigits = 15
const longestText = 100

const typed = z.string().optional().catch(undefined)
const asked = z.object({ user: typed, operation: typed, account: typed, amount: typed })

const amountIn = (text: string | undefined): Yen | 'shape' | undefined => {
  const read = readYen(text ?? '', amountDigits)
  return read === 'blank' ? undefined : read
}

/** 「操作できない理由を調べる」 (E-06): for administrators about everybody, for everybody about themselves. */
export const obstacleRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.get('/obstacles', { config: { policy: user(), screen } }, async (request, reply) => {
    const { t } = request
    const actor = userActor(request)
    const { company } = request.live ?? {}
    if (!company) throw new Error('/obstacles is reached without a company')
    const reader = readerOf(request)
    const query = asked.parse(request.query)
    const administers = can(actor, 'user:manage')
    const loginId = toHalfWidth(query.user ?? actor.loginId).trim()
    // Others' permissions and limits are an administrator's to know.
    if (!administers && loginId.toLowerCase() !== actor.loginId.toLowerCase())
      return reply.refuse(refuse('access.forbidden'))
    const found = loginId === '' ? undefined : await userByLoginId(deps, actor, loginId)
    // The company's accounts and their limits are an administrator's to know; everybody knows those they may use (D-05).
    const accounts = administers
      ? await companyAccounts(deps.db, actor)
      : found?.ok
        ? found.value.accounts
        : []
    const account =
      query.account === undefined || query.account === ''
        ? undefined
        : administers || accounts.some(({ id }) => id === query.account)
          ? await findAccount(deps.db, actor, query.account)
          : refuse('company.account.notFound')
    if (account && !account.ok) return reply.refuse(account)
    const operations = await offeredOperations(deps)
    const operation = operations.find(each => nameOf(each) === query.operation)
    const amount = amountIn(query.amount)
    const isAsked = query.operation !== undefined
    const errors = isAsked ? mistakes(reader, { loginId, found: found?.ok, operation, amount }) : []
    const question =
      isAsked && errors.length === 0 && found?.ok && operation && amount !== 'shape'
        ? {
            user: found.value,
            operation,
            ...(account && { account: account.value }),
            ...(amount !== undefined && { amount }),
          }
        : undefined
    return reply.page(
      'obstacles/page',
      {
        screen,
        title: t('obstacles.title'),
        values: valuesOf(query, loginId),
        errors,
        administers,
        operationItems: operationItems(reader, operations),
        accountItems: [
          { value: '', text: t('obstacles.form.noAccount') },
          ...accounts.map(each => ({ value: each.id, text: accountWords(t, each) })),
        ],
        found: question && (await foundParts(deps, actor, policyOf(company), reader, question)),
      },
      errors.length > 0 ? 422 : 200,
    )
  })
}

const offeredOperations = async (deps: Deps): Promise<Operation[]> => [
  ...(await matrixOperations(deps.db)).flatMap(({ operations }) => operations),
  ...portalActions.map(action => ({ kind: 'action' as const, action })),
]

/** What was typed, for the form; a text of a stranger's length comes back cut. */
const valuesOf = (query: z.output<typeof asked>, loginId: string) =>
  Object.fromEntries(
    Object.entries({ ...query, user: loginId }).map(([name, text]) => [
      name,
      [...(text ?? '')].slice(0, longestText).join(''),
    ]),
  )

const mistakes = (
  { t }: Reader,
  given: {
    loginId: string
    found: boolean | undefined
    operation: Operation | undefined
    amount: Yen | 'shape' | undefined
  },
): FieldError[] => [
  ...(given.found
    ? []
    : [
        {
          field: 'user',
          message: t(given.loginId === '' ? 'reasons.obstacle.userBlank' : 'reasons.obstacle.userNotFound'),
        },
      ]),
  ...(given.operation ? [] : [{ field: 'operation', message: t('reasons.obstacle.operationBlank') }]),
  ...(given.amount === 'shape'
    ? [{ field: 'amount', message: t('reasons.obstacle.amount', { digits: amountDigits }) }]
    : []),
]

const foundParts = async (
  deps: Deps,
  actor: UserActor,
  policy: ReturnType<typeof policyOf>,
  reader: Reader,
  question: Question,
) => {
  const { t, formats } = reader
  const { situation, mode, approvers, reckonedWith } = await situationOf(deps, actor, policy, question)
  const answered = answer(situation)
  const helpers = await helpersOf(deps.db, actor, policy, question.user)
  const { user: about, operation, account, amount } = question
  return {
    question: [
      {
        label: t('obstacles.form.user'),
        value: t('obstacles.who', { name: about.name, loginId: about.loginId }),
      },
      { label: t('obstacles.form.operation'), value: operationWords(reader, operation) },
      ...(account ? [{ label: t('obstacles.form.account'), value: accountWords(t, account) }] : []),
      ...(amount === undefined ? [] : [{ label: t('obstacles.form.amount'), value: formats.yen(amount) }]),
    ],
    obstacles: answered.obstacles.map(obstacle =>
      obstacleWords(reader, obstacle, helpers, certificateWay(policy)),
    ),
    limits: limitRows(reader, situation),
    room: roomWords(reader, answered),
    // 合計, 都度指定 and 事前登録 are each account's own: whose they are is said where none was asked about.
    reckonedWith:
      reckonedWith && t('obstacles.found.reckonedWith', { account: accountWords(t, reckonedWith) }),
    approval: approvalWords(reader, mode, approvers),
    userHref: can(actor, 'user:manage') ? `/users/${about.id}` : undefined,
  }
}
