export { certificateLoginKey, type Entrance, entrancePath } from './entrance.ts'
export { findEntrance, listEntrances } from './queries.ts'
export { entranceOf, entranceRoutes, namesEntrance, resolveEntrances, rewriteEntrance } from './routes.ts'
