/**
 * `[data-poll-url]` asks whether long work is done and then goes where the answer says. The address answers
 * `{ done: true, href }` or `{ done: false, message? }`. Without JavaScript the page's <noscript> refresh does it.
 */
const waiting = document.querySelector('[data-poll-url]')
const status = waiting.querySelector('[data-poll-status]')
let pause = 1000

const sameOrigin = href => {
  const target = new URL(href, window.location.href)
  return target.origin === window.location.origin ? target.href : window.location.href
}

const ask = async () => {
  try {
    const response = await fetch(waiting.dataset.pollUrl, {
      headers: { accept: 'application/json' },
      credentials: 'same-origin',
      cache: 'no-store',
    })
    if (response.redirected) {
      // Led to where sessions begin: there is none any more.
      window.location.reload()
      return
    }
    if (response.ok) {
      const answer = await response.json()
      if (answer.done) {
        window.location.replace(sameOrigin(answer.href))
        return
      }
      if (answer.message && status && status.textContent !== answer.message)
        status.textContent = answer.message
    } else if (response.status < 500) {
      // The session or the work is gone: the page itself says what happened.
      window.location.reload()
      return
    }
  } catch {
    // No connection: the next try may have one.
  }
  pause = Math.min(pause * 1.5, 5000)
  setTimeout(ask, pause)
}
setTimeout(ask, pause)
