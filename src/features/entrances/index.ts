export { type Entrance, entrancePath } from './entrance.ts'
export { findEntrance, listEntrances } from './queries.ts'
export { entranceOf, entranceRoutes, resolveEntrances, rewriteEntrance } from './routes.ts'
