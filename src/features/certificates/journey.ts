import type { Progress } from '../../platform/http/view.ts'
import type { Translate } from '../../platform/i18n.ts'
import type { SecurityPolicy } from '../../policy/policy.ts'

/** The steps of rokin's issue, in the order of its manual (C-01): from the address to the imported file. */
const steps = [
  'address',
  'certificate',
  'choice',
  'authentication',
  'code',
  'issue',
  'issuing',
  'result',
  'import',
] as const
export type JourneyStep = (typeof steps)[number]

/** Whether a company's people get their certificates on this way, by a mailed code (C-03). */
export const goesByMailedCode = ({ certificate }: Pick<SecurityPolicy, 'certificate'>): boolean =>
  certificate.proofs.some(proofs => proofs.includes('mail-code'))

/** The header that shows where in the issue somebody is (C-01). */
export const journeyAt = (t: Translate, current: JourneyStep): Progress => {
  const at = steps.indexOf(current)
  return {
    current: at + 1,
    total: steps.length,
    steps: steps.map((name, index) => ({
      name,
      title: t(`enrolment.journey.${name}`),
      state: index === at ? 'current' : index < at ? 'done' : 'todo',
    })),
  }
}
