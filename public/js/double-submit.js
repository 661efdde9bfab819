/**
 * A second press of a button while its form is under way does nothing. The button is not disabled: it would lose
 * focus, look wrong, and its name would not be sent. The server makes sure of one effect anyway.
 */
export const guardDoubleSubmit = () => {
  document.addEventListener('submit', event => {
    if (event.defaultPrevented) return
    const form = event.target
    if (form.getAttribute('aria-busy') === 'true') event.preventDefault()
    else form.setAttribute('aria-busy', 'true')
  })
  // A page that comes back from the browser's memory, or a download that leaves the page as it is.
  window.addEventListener('pageshow', () => {
    for (const form of document.querySelectorAll('form[aria-busy]')) form.removeAttribute('aria-busy')
  })
}
