/**
 * `<form data-passkey="registration|authentication" data-options="…">`: its button asks the server for a challenge and
 * the browser for a passkey, puts the answer into the form, and sends it (B-19).
 */
import { browserSupportsWebAuthn, startAuthentication, startRegistration } from '../build/simplewebauthn.js'

for (const form of document.querySelectorAll('form[data-passkey]')) {
  const button = form.querySelector('[data-passkey-button]')
  const problem = form.querySelector('[data-passkey-problem]')
  const answer = form.querySelector('[data-passkey-answer]')
  const say = text => {
    problem.textContent = text
    problem.hidden = false
  }
  if (!browserSupportsWebAuthn()) {
    say(form.dataset.unsupported)
    continue
  }
  button.hidden = false
  // In the capturing phase: the guard against double submission must not see a form that only asks.
  form.addEventListener(
    'submit',
    async event => {
      if (answer.value !== '') return
      event.preventDefault()
      event.stopPropagation()
      problem.hidden = true
      button.setAttribute('aria-busy', 'true')
      try {
        const response = await fetch(form.dataset.options, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: new URLSearchParams(new FormData(form)),
          credentials: 'same-origin',
          redirect: 'error',
        })
        if (!response.ok) throw new Error(`status ${response.status}`)
        const optionsJSON = await response.json()
        const made =
          form.dataset.passkey === 'registration'
            ? await startRegistration({ optionsJSON })
            : await startAuthentication({ optionsJSON })
        answer.value = JSON.stringify(made)
        form.requestSubmit(button)
      } catch {
        say(form.dataset.failed)
      } finally {
        button.removeAttribute('aria-busy')
      }
    },
    { capture: true },
  )
}
