export { certificateLoginKey, type Entrance, entrancePath } from './entrance.ts'
export { findEntrance, listEntrances } from './queries.ts'
export {
  entranceOf,
  entranceRoutes,
  namesEntrance,
  presetAt,
  resolveEntrances,
  rewriteEntrance,
} from './routes.ts'
