/**
 * `<div data-passkey="registration|authentication" data-options="…">` in a form: its button asks the server for a
 * challenge and the browser for a passkey, puts the answer into the form, and sends it (B-19).
 */
import { browserSupportsWebAuthn, startAuthentication, startRegistration } from '../build/simplewebauthn.js'

for (const part of document.querySelectorAll('[data-passkey]')) {
  const form = part.closest('form')
  const button = part.querySelector('[data-passkey-button]')
  const problem = part.querySelector('[data-passkey-problem]')
  const answer = part.querySelector('[data-passkey-answer]')
  const say = text => {
    problem.textContent = text
    problem.hidden = false
  }
  if (!browserSupportsWebAuthn()) {
    say(part.dataset.unsupported)
    continue
  }
  button.hidden = false
  // In the capturing phase: the guard against double submission must not see a form that only asks.
  form.addEventListener(
    'submit',
    async event => {
      if (event.submitter !== button || answer.value !== '') return
      event.preventDefault()
      event.stopPropagation()
      problem.hidden = true
      button.setAttribute('aria-busy', 'true')
      try {
        const response = await fetch(part.dataset.options, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: new URLSearchParams(new FormData(form)),
          credentials: 'same-origin',
          redirect: 'error',
        })
        if (!response.ok) throw new Error(`status ${response.status}`)
        const optionsJSON = await response.json()
        const made =
          part.dataset.passkey === 'registration'
            ? await startRegistration({ optionsJSON })
            : await startAuthentication({ optionsJSON })
        answer.value = JSON.stringify(made)
        form.requestSubmit(button)
      } catch {
        say(part.dataset.failed)
      } finally {
        button.removeAttribute('aria-busy')
      }
    },
    { capture: true },
  )
}
