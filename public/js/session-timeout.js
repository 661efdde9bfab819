/**
 * Two minutes before the session's idle end a dialog asks whether the user is still there (B-12). The server decides;
 * this only counts along. Other tabs of the same host tell each other when one of them was used.
 */
const dialog = document.querySelector('[data-idle-seconds]')
const { extendUrl, timeoutUrl } = dialog.dataset
const idle = Number(dialog.dataset.idleSeconds) * 1000
const warning = Math.min(2 * 60 * 1000, idle / 2)
const count = dialog.querySelector('[data-timeout-count]')
const spoken = dialog.querySelector('[data-timeout-spoken]')
const problem = dialog.querySelector('[data-timeout-problem]')
const button = dialog.querySelector('[data-timeout-extend]')
const tabs = 'BroadcastChannel' in window ? new BroadcastChannel('session') : undefined

let end = Date.now() + idle
let spokenAt = Number.POSITIVE_INFINITY

const remainingText = seconds =>
  (seconds === 1 ? dialog.dataset.secondsOne : dialog.dataset.secondsOther).replace('0', String(seconds))

const restart = () => {
  end = Date.now() + idle
  spokenAt = Number.POSITIVE_INFINITY
  if (dialog.open) dialog.close()
}

const tick = () => {
  const left = end - Date.now()
  if (left <= 0) {
    window.location.assign(timeoutUrl)
    return
  }
  if (left > warning) return
  if (!dialog.open) {
    problem.hidden = true
    dialog.showModal()
  }
  const seconds = Math.ceil(left / 1000)
  count.textContent = remainingText(seconds)
  // Spoken at the start, at a minute, and near the end: a countdown read out every second hides everything else.
  const step = [15, 30, 60, 120].find(each => seconds <= each) ?? seconds
  if (step < spokenAt) {
    spokenAt = step
    spoken.textContent = remainingText(seconds)
  }
}

const extend = async () => {
  problem.hidden = true
  const token = document.querySelector('meta[name="csrf-token"]')?.content ?? ''
  try {
    const response = await fetch(extendUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ _csrf: token }),
      credentials: 'same-origin',
      redirect: 'manual',
    })
    if (response.ok) {
      restart()
      tabs?.postMessage('used')
      document.getElementById('announcements').textContent = dialog.dataset.extended
    } else if (response.status >= 500) {
      throw new Error(`status ${response.status}`)
    } else {
      // Gone on the server already: the timeout page says what to do.
      window.location.assign(timeoutUrl)
    }
  } catch {
    problem.textContent = dialog.dataset.failed
    problem.hidden = false
  }
}

button.addEventListener('click', extend)
// Escape means "I am here" as much as the button does.
dialog.addEventListener('cancel', event => {
  event.preventDefault()
  extend()
})
tabs?.addEventListener('message', restart)
tabs?.postMessage('used')
// A page that the browser kept knows nothing of the time that passed; ask the clock at once.
document.addEventListener('visibilitychange', tick)
setInterval(tick, 1000)
