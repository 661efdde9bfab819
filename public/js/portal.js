// Every page works without this file (I-02). It adds focus, one submission a click, and what a page asks for.
import {
  createAll,
  ErrorSummary,
  NotificationBanner,
  PasswordInput,
  SkipLink,
} from '../build/govuk-frontend.js'
import { guardDoubleSubmit } from './double-submit.js'

document.body.classList.add('js-enabled', 'govuk-frontend-supported')
for (const component of [ErrorSummary, NotificationBanner, PasswordInput, SkipLink]) createAll(component)
guardDoubleSubmit()

// The rest is fetched only by pages that have it.
if (document.querySelector('form[data-confirm]')) import('./confirm-dialog.js')
if (document.querySelector('[data-print]')) import('./print-dialog.js')
if (document.querySelector('[data-idle-seconds]')) import('./session-timeout.js')
if (document.querySelector('[data-poll-url]')) import('./waiting-page.js')
if (document.querySelector('[data-self-check]')) import('./self-check.js')
if (document.querySelector('[data-copy]')) import('./copy-button.js')
if (document.querySelector('[data-select-all]')) import('./select-all.js')
if (document.querySelector('form[data-goes-on]')) import('./goes-on.js')
if (document.querySelector('[data-keyboard]')) import('./software-keyboard.js')
if (document.querySelector('[data-passkey]')) import('./passkey.js')
