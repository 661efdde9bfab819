import { hour, minute } from '../kernel/clock.ts'
import type { SecurityPolicy } from './policy.ts'

const day = 24 * hour

/**
 * The table of chapter A as data: one column an entry. Where a manual is silent the table says what is ours.
 * The other presets join it with «Getting in: every rule of the five manuals, as presets».
 */
export const presets = {
  /** 商工中金 外為Web 為替予約サービス. */
  shoko: {
    loginPassword: {
      minimum: 8,
      maximum: 64,
      alphabet: 'letters-digits',
      contains: ['letter', 'digit'],
      remembered: 2,
      differsFrom: ['userName'],
      days: 90,
    },
    lock: { failures: 3, seconds: null, blocksAt: null },
    loginId: 'as-given',
    confirmationPassword: false,
    session: { idleSeconds: 30 * minute, absoluteSeconds: 12 * hour },
    certificate: { months: 12, compatibility: 'aes256' },
    acquisitionPassword: { validSeconds: 14 * day, failuresUntilVoid: 10 },
    releasedBy: ['helpdesk'],
    byOneOfficer: ['lock_release', 'acquisition_password'],
  },
} as const satisfies Record<string, SecurityPolicy>
