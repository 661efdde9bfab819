import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { isId } from '../../kernel/ids.ts'
import { refuse } from '../../kernel/result.ts'
import { paginationOf } from '../../platform/http/pagination.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import { readerOf } from '../../platform/reader.ts'
import { can } from '../../policy/can.ts'
import { longestSearch, searchKeys } from '../cases/index.ts'
import { findCompanyPolicy, policyView } from '../policies/index.ts'
import { recordCompanyLook, recordCompanySearch } from './looks.ts'
import { type ContractRecord, companiesOnPage, findContract, listCompanies } from './queries.ts'
import type { ChangeForm } from './routes.change.ts'
import { companiesHref, companiesTable, contractView } from './views.ts'

const searchShape = z.object({
  q: z.string().catch(''),
  page: z.coerce.number().int().min(1).max(1_000_000).catch(1),
})

/** 企業一覧, and a company with its contract and its security policy (H-02, H-06). */
export const companyRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.get(
    companiesHref,
    { config: { policy: staff('customer:view'), screen: 'HD0160' } },
    async (request, reply) => {
      const { t } = request
      const actor = staffActor(request)
      const { q: typed, page } = searchShape.parse(request.query ?? {})
      const q = typed.trim().slice(0, longestSearch)
      const { contract = '', names = [] } = { ...searchKeys('contract', q), ...searchKeys('name', q) }
      const { rows, total } = await listCompanies(deps, actor, { number: contract, names, page })
      if (q !== '') await recordCompanySearch(deps, actor, { text: q, companies: total })
      return reply.page('contracts/list', {
        screen: 'HD0160',
        title: t('contracts.list.title'),
        table: companiesTable(readerOf(request), rows, total),
        pagination: paginationOf(
          { total, page, size: companiesOnPage },
          each => `${companiesHref}?${new URLSearchParams({ ...(q && { q }), page: String(each) })}`,
        ),
        values: { q },
        ...(can(actor, 'case:open') && { registrationHref: `${companiesHref}/registration` }),
      })
    },
  )

  app.get<{ Params: { id: string } }>(
    `${companiesHref}/:id`,
    { config: { policy: staff('customer:view'), screen: 'HD0050' } },
    async (request, reply) => {
      const { t } = request
      const actor = staffActor(request)
      const { id } = request.params
      const company = isId(id) ? await findCompanyPolicy(deps, actor, id) : undefined
      const contract = company && (await findContract(deps, actor, id))
      if (!company || !contract) return reply.refuse(refuse('customer.notFound'))
      await recordCompanyLook(deps, actor, company)
      const reader = readerOf(request)
      const { who, ...policy } = policyView(reader, actor, company)
      const { nameKana, registered, ...parts } = contractView(reader, contract)
      return reply.page('contracts/company', {
        screen: 'HD0050',
        title: t('policies.company.title', { name: company.name }),
        breadcrumbs: breadcrumbs(request, company.name),
        ...policy,
        ...parts,
        who: [...who.slice(0, 1), nameKana, ...who.slice(1), registered],
        // What its policy asks of nobody any more, nobody changes.
        ...(contract.end?.endedAt && { changeHref: undefined }),
        contractChanges: can(actor, 'case:open')
          ? changesOf(contract).map(noun => ({
              text: t(`contracts.open.${noun}`),
              href: `${companiesHref}/${contract.id}/${noun}`,
            }))
          : [],
      })
    },
  )
}

/** The forms by which officers may change a contract as it stands. */
const changesOf = ({ end }: ContractRecord): ChangeForm['noun'][] =>
  end?.endedAt
    ? []
    : [
        'contract-extension',
        'contract-reduction',
        'service-contract',
        end ? 'contract-end-withdrawal' : 'contract-end',
      ]

export const breadcrumbs = ({ t }: FastifyRequest, name: string) => [
  { text: t('contracts.list.title'), href: companiesHref },
  { text: name },
]
