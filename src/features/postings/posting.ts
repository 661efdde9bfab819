import type { UserActor } from '../../kernel/actor.ts'

export const postingKinds = ['announcement', 'information', 'survey'] as const
export type PostingKind = (typeof postingKinds)[number]

export const userRoles = ['user', 'administrator', 'contractor'] as const satisfies UserActor['role'][]
export type UserRole = UserActor['role']

/** When a posting is there for its readers. */
export type Schedule = { publishAt: Date; endsAt: Date | null; withdrawnAt: Date | null }

/** Where a posting stands: waiting for its day, to be seen, over, or taken back. */
export const postingStates = ['scheduled', 'shown', 'ended', 'withdrawn'] as const
export type PostingState = (typeof postingStates)[number]

/** A posting is seen from `publishAt` on, and no longer from `endsAt` on; a withdrawn one never. */
export const stateOf = ({ publishAt, endsAt, withdrawnAt }: Schedule, now: Date): PostingState => {
  if (withdrawnAt) return 'withdrawn'
  if (now < publishAt) return 'scheduled'
  return endsAt && now >= endsAt ? 'ended' : 'shown'
}

/** Whom a posting is for; an empty list is everybody's, and null all companies. */
export type Target = {
  presets: readonly string[]
  roles: readonly UserRole[]
  companyIds: readonly string[] | null
}

/** Somebody who may be meant. */
export type PostingReader = { companyId: string; userId: string; preset: string; role: UserRole }

/** Whether a posting is for this reader: every condition that is set must hold (H-06). */
export const isFor = (
  { presets, roles, companyIds }: Target,
  { companyId, preset, role }: Omit<PostingReader, 'userId'>,
): boolean =>
  (presets.length === 0 || presets.includes(preset)) &&
  (roles.length === 0 || roles.includes(role)) &&
  (companyIds === null || companyIds.includes(companyId))

/** Text by paragraphs, for pages: blank lines part them, nothing in it is markup. */
export const paragraphsOf = (body: string): string[][] =>
  body
    .replaceAll('\r\n', '\n')
    .trim()
    .split(/\n\s*\n/)
    .map(paragraph => paragraph.split('\n'))

/** Whose a look or an answer is: this reader's own. */
export const ownOf = ({ companyId, userId }: PostingReader) => ({ companyId, userId })

/** The reader that a user is, by their company's policy. */
export const readerOf = (actor: UserActor, company: { preset: string }): PostingReader => ({
  companyId: actor.companyId,
  userId: actor.id,
  preset: company.preset,
  role: actor.role,
})
