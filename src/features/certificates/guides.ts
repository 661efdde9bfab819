import type { Translate } from '../../platform/i18n.ts'

/** The systems whose import is explained step by step (C-17); each is a page `/guide/<system>`. */
export const guideSystems = ['windows', 'mac', 'firefox'] as const
export type GuideSystem = (typeof guideSystems)[number]

export type Guide = { system: GuideSystem; title: string; href: string; steps: string[] }

const stepsOf = (t: Translate, key: string): string[] => ['1', '2', '3', '4'].map(step => t(`${key}.${step}`))

/** How a file is imported, for each system. */
export const guidesFor = (t: Translate): Guide[] =>
  guideSystems.map(system => ({
    system,
    title: t(`enrolment.guides.${system}.title`),
    href: `/guide/${system}`,
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
