import { type BusinessDay, businessDayOf, parseBusinessDay } from '../../kernel/business-day.ts'
import { unprintable } from '../../kernel/reason.ts'
import type { Mistake } from '../../platform/http/mistake.ts'
import { type CasePaper, checkPaper, type PaperRefusal } from './case.ts'

export { unprintable }

/** The fields of a paper form, as they were typed. */
export type PaperValues = { formNumber: string; formReceivedOn: string; sealChecked: string }

/** A day as people write it: half- or full-width, with hyphens, slashes, dots or 年月日 (I-06). */
export const readDay = (typed: string): BusinessDay | undefined => {
  const match = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(
    typed.normalize('NFKC').replace(/\s/g, ''),
  )
  const [, year = '', month = '', day = ''] = match ?? []
  return match ? parseBusinessDay(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`) : undefined
}

const fieldOf: Record<PaperRefusal, string> = {
  'case.reasonMissing': 'reasonText',
  'case.reasonTooLong': 'reasonText',
  'case.formNumberMissing': 'formNumber',
  'case.formNumberTooLong': 'formNumber',
  'case.formMissing': 'formReceivedOn',
  'case.formInFuture': 'formReceivedOn',
  'case.formTooOld': 'formReceivedOn',
  'case.sealUnchecked': 'sealChecked',
}

/**
 * The paper, as far as the act needs one (H-04); what takes access away stands on its reason alone. What is wrong is added to
 * `mistakes`; undefined where anything is.
 */
export const readPaper = (
  needed: boolean,
  values: PaperValues,
  reason: string,
  now: Date,
  mistakes: Mistake[],
): CasePaper | undefined => {
  const formReceivedOn = needed ? (readDay(values.formReceivedOn) ?? null) : null
  const formNumber = needed ? values.formNumber.normalize('NFKC').trim() : null
  if (needed && (unprintable.test(formNumber ?? '') || formNumber?.includes('\n')))
    mistakes.push({ field: 'formNumber', reason: 'case.formNumberUnprintable' })
  if (needed && !formReceivedOn)
    mistakes.push({
      field: 'formReceivedOn',
      reason: values.formReceivedOn.trim() === '' ? 'case.formMissing' : 'case.formNoDay',
    })
  const sealChecked = needed && values.sealChecked === 'on'
  if (needed && !sealChecked) mistakes.push({ field: 'sealChecked', reason: 'case.sealUnchecked' })
  const paper = { reason, formNumber, formReceivedOn, sealChecked }
  // The rules of the paper, one after the other, on what can be read of it; what is missing was said above.
  const readable = {
    reason: reason || '-',
    formReceivedOn: formReceivedOn ?? businessDayOf(now),
    sealChecked: true,
  }
  for (const each of [
    { ...readable, formNumber: '-' },
    { ...readable, reason: '-', formReceivedOn: businessDayOf(now), formNumber },
  ]) {
    const checked = checkPaper(each, now, needed)
    if (!checked.ok)
      mistakes.push({
        field: fieldOf[checked.reason],
        reason: checked.reason,
        ...(checked.params && { params: checked.params }),
      })
  }
  return mistakes.length === 0 ? { ...paper, reason: reason.trim() } : undefined
}
