/**
 * `[data-self-check]`: what only the browser can tell (C-17). That this runs is one finding, the computer's clock beside
 * the portal's is the other; each shows its own paragraph instead of the one for browsers without JavaScript.
 */
const page = document.querySelector('[data-self-check]')

/** Certificates and one-time passwords bear a clock that is this wrong, in milliseconds. */
const tolerance = 2 * 60 * 1000

const show = (name, state) => {
  for (const part of page.querySelectorAll(`[data-check="${name}"]`))
    part.hidden = part.dataset.state !== state
}

show('javascript', 'good')
const loaded = performance.timeOrigin + performance.getEntriesByType('navigation')[0].responseStart
const difference = Math.abs(loaded - Number(page.dataset.serverMilliseconds))
show('clock', difference <= tolerance ? 'good' : 'bad')
