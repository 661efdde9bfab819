export { type AnswerFilter, answerFilters, listSurveys } from './queries.ts'
export { surveyEditorRoutes } from './routes.helpdesk.ts'
export { surveyRoutes } from './routes.user.ts'
export { surveyRow } from './views.ts'
