export { listServices, type Service, servicesOf, type Tile } from './queries.ts'
