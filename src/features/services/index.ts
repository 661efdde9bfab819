export {
  type Contract,
  type ContractRefusal,
  contractService,
  contractWithin,
  endContracts,
} from './commands.contract.ts'
export { endSpentSessions, logoutChannel, tellServices } from './commands.logout.ts'
export { issuerOf } from './provider.ts'
export { clientSecretOf } from './queries.clients.ts'
export { type FoundServices, type Tile, tilesFrom, tilesSql } from './queries.tiles.ts'
export { listServices, type Service } from './queries.ts'
export { catalogueRoutes } from './routes.catalogue.ts'
export { providerRoutes } from './routes.provider.ts'
export { signOnRoutes } from './routes.sign-on.ts'
export { isServiceAddress, longestAddress } from './service.ts'
