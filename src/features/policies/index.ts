/**
 * Companies' security policies at the helpdesk (chapter A): what is in force and where it comes from, a change with
 * its dry run first (A-02), and the second officer where it falls below the preset's floor (A-03).
 */
export { findCompanyPolicy } from './queries.ts'
export { policyRoutes } from './routes.ts'
export { policyView } from './views.ts'
