/**
 * Companies and their contracts at the helpdesk (H-06): who they are, what they have contracted, their registration and its
 * changes, each a case of one or two officers. The rows themselves are features/company's, as its administrators see them.
 */

export { contractEndQueue, endDueContracts } from './commands.end.ts'
export { createContractFrom } from './commands.from-file.ts'
export { settleEndedContracts } from './commands.settle.ts'
export { readContractFile } from './contract-file.ts'
export { contractRoutes } from './routes.ts'
