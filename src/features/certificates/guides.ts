import type { Translate } from '../../platform/i18n.ts'

/** The systems whose import is explained step by step (C-17); each is a page `/guide/<system>`. */
export const guideSystems = ['windows', 'mac', 'firefox'] as const
export type GuideSystem = (typeof guideSystems)[number]

export type Guide = { system: GuideSystem; title: string; href: string; steps: string[] }

const stepsOf = (t: Translate, key: string): string[] => ['1', '2', '3', '4'].map(step => t(`${key}.${step}`))

/** Behind the address of a guide: it is the last step of an issue (C-01), and no page of its own. */
const asLastStep = '?step=import'

/**
 * How a file is imported, for each system, as pages of the entrance whose path is given (B-00).
 * @param lastStep its issue leads there (C-01)
 */
export const guidesFor = (t: Translate, entrancePath: string, lastStep: boolean): Guide[] =>
  guideSystems.map(system => ({
    system,
    title: t(`enrolment.guides.${system}.title`),
    href: `${entrancePath}/guide/${system}${lastStep ? asLastStep : ''}`,
    steps: stepsOf(t, `enrolment.guides.${system}`),
  }))

/** How a certificate is deleted from the computer, for each system (C-18). */
export const deletionGuidesFor = (t: Translate): Guide[] =>
  guideSystems.map(system => ({
    system,
    title: t(`enrolment.guides.${system}.title`),
    href: '/guide/deletion',
    steps: ['1', '2', '3'].map(step => t(`guide.deletion.${system}.${step}`)),
  }))
