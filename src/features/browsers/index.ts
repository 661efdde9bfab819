/**
 * Known browsers (B-07, decisions 0043 and 0083): where a login has no certificate, whoever guesses elsewhere keeps its owner
 * out of none that the owner has logged in with. Wrong passwords count towards the owner's lock only there, or, where the
 * policy counts none without a certificate, for that browser alone; everybody else's are strangers' tries.
 */
export {
  forgetBrowsers,
  forgiveBrowser,
  keepBrowser,
  removeExpiredBrowsers,
  takeBrowserTry,
} from './commands.ts'
export { isKnownBrowser } from './queries.ts'
export { browserTokens, keepBrowserTokens } from './routes.cookie.ts'
