export { articlesFrom, articlesSql, type FoundArticles, type ReadFilter, readFilters } from './queries.ts'
export { informationEditorRoutes } from './routes.helpdesk.ts'
export { articleInTheWay, informationRoutes } from './routes.user.ts'
export { articleRow } from './views.ts'
