import { Prisma } from '../../generated/prisma/client.ts'
import type { UserActor } from '../../kernel/actor.ts'
import type { LiveSession } from '../../platform/http/live-session.ts'
import type { Language } from '../../platform/i18n.ts'
import { can } from '../../policy/can.ts'
import { policyOf, usesCertificates } from '../../policy/policy.ts'
import { mayEnter } from './service.ts'

/** A service as home shows it to somebody who may enter it. */
export type Tile = { code: string; title: string; text: string; href: string }

type FoundService = {
  code: string
  href: string
  forWhom: 'everyone' | 'administrators' | 'certificate_users'
  singleSignOn: boolean
  permissionService: string | null
  permissionCode: string | null
  nameJa: string
  nameEn: string
  textJa: string
  textEn: string
  /** The actor's company, where it has contracted the service. */
  contractedBy: string | null
}

/** What `tilesSql` found, in the order of home. */
export type FoundServices = FoundService[]

/** Every service that is not suspended, with what the actor's company has contracted, as one value of JSON for a statement that asks for more. */
export const tilesSql = ({ companyId }: UserActor): Prisma.Sql => Prisma.sql`(
  SELECT coalesce(json_agg(found ORDER BY sort), '[]') FROM (
    SELECT s.code, s.href, s.for_whom AS "forWhom", s.single_sign_on AS "singleSignOn",
           s.permission_service AS "permissionService", s.permission_code AS "permissionCode",
           s.name_ja AS "nameJa", s.name_en AS "nameEn", s.text_ja AS "textJa", s.text_en AS "textEn",
           c.company_id AS "contractedBy", s.sort
      FROM portal_service s
      LEFT JOIN service_client c
        ON c.service_code = s.code AND c.company_id = ${companyId}::uuid AND c.ended_at IS NULL
     WHERE s.suspended_at IS NULL) AS found)`

/**
 * The services that this user may enter from home, as tiles (G-04): the portal's own, and with single sign-on those that
 * their company has contracted and they have the permission for.
 */
export const tilesFrom = (
  found: FoundServices,
  actor: UserActor,
  company: NonNullable<LiveSession['company']>,
  language: Language,
): Tile[] => {
  const isFor = {
    everyone: true,
    administrators: can(actor, 'user:manage'),
    certificate_users: usesCertificates(policyOf(company)),
  }
  return found
    .filter(
      ({ forWhom, singleSignOn, contractedBy, ...service }) =>
        isFor[forWhom] &&
        (!singleSignOn ||
          mayEnter(
            { ...service, suspendedAt: null },
            contractedBy === null ? undefined : { companyId: contractedBy },
            actor,
          ).ok),
    )
    .map(({ code, href, ...words }) => ({
      code,
      href,
      title: language === 'ja' ? words.nameJa : words.nameEn,
      text: language === 'ja' ? words.textJa : words.textEn,
    }))
}
