/**
 * Known browsers (B-07, decision 0043): where a login has no certificate, wrong passwords count towards its owner's lock
 * only from a browser that the owner has logged in with; everybody else's are strangers' tries.
 */
export { forgetBrowsers, keepBrowser, removeExpiredBrowsers } from './commands.ts'
export { isKnownBrowser } from './queries.ts'
export { browserTokens, keepBrowserTokens } from './routes.cookie.ts'
