import type { Progress } from '../../platform/http/view.ts'
import type { Translate } from '../../platform/i18n.ts'
import { type PresetName, presetOf, type SecurityPolicy } from '../../policy/policy.ts'

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

/** How a company's people come to a certificate, as pages tell them who have none that works. */
export type CertificateWay = 'mailedCode' | 'passkey' | 'acquisitionPassword'

export const certificateWay = (policy: Pick<SecurityPolicy, 'certificate'>): CertificateWay => {
  if (goesByMailedCode(policy)) return 'mailedCode'
  return policy.certificate.proofs.some(proofs => proofs.includes('passkey'))
    ? 'passkey'
    : 'acquisitionPassword'
}

/** The journey at the menu of an entrance whose companies go it: 「電子証明書発行」 is chosen there (C-01). */
export const journeyFromMenu = (t: Translate, { preset }: { preset: PresetName }): Progress | undefined =>
  goesByMailedCode(presetOf(preset)) ? journeyAt(t, 'choice') : undefined

/** The journey at a guide that the result page led to: the file is imported by it (C-01). */
export const journeyAtGuide = (t: Translate, { preset }: { preset: PresetName }): Progress | undefined =>
  goesByMailedCode(presetOf(preset)) ? journeyAt(t, 'import') : undefined

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
