import { createHash } from 'node:crypto'
import type { Deps } from '../../deps.ts'
import type { StaffActor, UserActor } from '../../kernel/actor.ts'
import { overInSql } from '../../platform/db/contract-over.ts'
import { read } from '../../platform/db/read.ts'
import type { LiveSession, SessionAnswer, SessionStore } from '../../platform/http/live-session.ts'
import type { Stage } from '../../platform/http/policy.ts'
import { endOf } from './session.ts'

/** Only the hash of a token is stored: a stolen database opens no session. */
export const hashToken = (token: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(createHash('sha256').update(token).digest())

/** A session seen again this soon is not written again: pages cost one read, not a read and a write. */
const touchAfterSeconds = 5

type Row = {
  id: string
  kind: 'user' | 'staff' | 'enrolment'
  stage: Stage
  host: string
  fingerprint: string | null
  certificate_id: string | null
  started_at: Date
  last_seen_at: Date
  idle_seconds: number
  absolute_end: Date
  ended_at: Date | null
  end_reason: string | null
  step_up_at: Date | null
  return_to: string | null
  previous_login_at: Date | null
  previous_login_from: string | null
  company_id: string | null
  company_name: string | null
  contract_number: string | null
  entrance: string | null
  preset: string | null
  overrides: unknown
  holder_id: string
  login_id: string
  name: string
  role: string
  holder_active: boolean
  contract_over: boolean
  certificate_state: string | null
  certificate_not_after: Date | null
  permissions: string[] | null
}

const actorOf = (row: Row): UserActor | StaffActor =>
  row.kind === 'staff'
    ? {
        kind: 'staff',
        id: row.holder_id,
        loginId: row.login_id,
        name: row.name,
        role: row.role as StaffActor['role'],
        origin: {},
      }
    : {
        kind: 'user',
        id: row.holder_id,
        companyId: row.company_id ?? '',
        loginId: row.login_id,
        name: row.name,
        role: row.role as UserActor['role'],
        // Whoever enrols has proved who they are, not that they hold the certificate: no rights yet.
        permissions: new Set(row.kind === 'enrolment' ? [] : (row.permissions ?? [])),
        origin: {},
      }

const liveSession = (row: Row): LiveSession => ({
  id: row.id,
  kind: row.kind,
  stage: row.stage,
  actor: actorOf(row),
  certificateId: row.certificate_id,
  startedAt: row.started_at,
  idleSeconds: row.idle_seconds,
  stepUpAt: row.step_up_at,
  ...(row.return_to && { returnTo: row.return_to }),
  ...(row.previous_login_at && {
    previousLogin: { at: row.previous_login_at, from: row.previous_login_from ?? '' },
  }),
  ...(row.company_id && {
    company: {
      id: row.company_id,
      name: row.company_name ?? '',
      contractNumber: row.contract_number ?? '',
      entrance: row.entrance ?? '',
      preset: row.preset ?? '',
      overrides: row.overrides,
    },
  }),
})

/**
 * Sessions as rows: found by the hash of the cookie's token, bound to the host and certificate they began with
 * (C-15), everything that decides read in one statement at every request (C-14).
 */
export const sessionStore = (deps: Pick<Deps, 'db' | 'clock'>): SessionStore => ({
  find: async (token, seen): Promise<SessionAnswer> => {
    const hash = hashToken(token)
    const [row] = await read<Row>(deps.db)`
      SELECT s.id, s.kind::text AS kind, s.stage::text AS stage, s.host, s.fingerprint, s.certificate_id,
             s.started_at, s.last_seen_at, s.idle_seconds, s.absolute_end, s.ended_at, s.end_reason,
             s.step_up_at, s.previous_login_at, s.previous_login_from, s.return_to, s.company_id,
             c.name AS company_name, c.contract_number, e.slug AS entrance, p.preset, p.overrides,
             coalesce(u.id, f.id) AS holder_id, coalesce(u.login_id, f.login_id) AS login_id,
             coalesce(u.name, f.name) AS name, coalesce(u.role::text, f.role::text) AS role,
             coalesce(u.service_state = 'available', f.state = 'active') AS holder_active,
             ${overInSql(deps.clock.now())} AS contract_over,
             k.state::text AS certificate_state, k.not_after AS certificate_not_after,
             (SELECT array_agg(r.service_code || '.' || r.permission_code)
                FROM user_permission r WHERE r.company_id = u.company_id AND r.user_id = u.id) AS permissions
        FROM session s
        LEFT JOIN "user" u ON u.id = s.user_id
        LEFT JOIN staff f ON f.id = s.staff_id
        LEFT JOIN certificate k ON k.id = s.certificate_id
        LEFT JOIN company c ON c.id = s.company_id
        LEFT JOIN entrance e ON e.id = c.entrance_id
        LEFT JOIN company_policy p ON p.company_id = c.id AND p.version = c.policy_version
       WHERE s.token_hash = ${hash}`
    if (!row) return { found: 'none' }
    const now = deps.clock.now()
    const fingerprint = seen.peer.presented && seen.peer.genuine ? seen.peer.fingerprint : null
    const elsewhere = row.host !== seen.host || row.fingerprint !== fingerprint
    const why = endOf(
      {
        lastSeenAt: row.last_seen_at,
        idleSeconds: row.idle_seconds,
        absoluteEnd: row.absolute_end,
        endedAt: row.ended_at,
        endReason: row.end_reason,
      },
      {
        certificate: row.certificate_id
          ? { state: row.certificate_state ?? 'void', notAfter: row.certificate_not_after }
          : null,
        holderActive: row.holder_active,
        contractOver: row.contract_over,
      },
      now,
    )
    if (why) {
      // What ended by itself is written down when it is noticed: the live-session index must let a new one in.
      if (!row.ended_at)
        await deps.db.session.updateMany({
          where: { id: row.id, endedAt: null },
          data: { endedAt: now, endReason: why },
        })
      return {
        found: 'ended',
        kind: row.kind,
        why,
        actor: actorOf(row),
        elsewhere,
        ...(row.entrance && { entrance: row.entrance }),
      }
    }
    if (elsewhere) return { found: 'elsewhere', kind: row.kind, actor: actorOf(row) }
    if (now.getTime() - row.last_seen_at.getTime() >= touchAfterSeconds * 1000)
      await deps.db
        .$executeRaw`UPDATE session SET last_seen_at = ${now} WHERE id = ${row.id}::uuid AND last_seen_at < ${now} AND ended_at IS NULL`
    return { found: 'live', session: liveSession(row) }
  },
  leadTo: async ({ id }, returnTo) => {
    await deps.db.session.updateMany({
      where: { id, endedAt: null, stage: { not: 'open' } },
      data: { returnTo },
    })
  },
})
