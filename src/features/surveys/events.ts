import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'

/** A user has answered a survey (G-03); what they answered is theirs and the bank's, and stands with the survey. */
export const SurveyAnswered = defineEvent('survey.answered', z.strictObject({}))
export const SurveyAnswerRefused = defineEvent('survey.answer-refused', z.strictObject({}))
