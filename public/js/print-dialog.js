// `<a data-print="dialog-id">` asks in that <dialog> before the PDF opens, and F9 presses it (G-07).
const button = document.querySelector('[data-print]')
const dialog = document.getElementById(button.dataset.print)
button.querySelector('[data-print-key]').hidden = false

const ask = event => {
  event.preventDefault()
  // Another question is open already.
  if (!document.querySelector('dialog[open]')) dialog.showModal()
}
button.addEventListener('click', ask)
document.addEventListener('keydown', event => {
  if (event.key === 'F9' && !event.ctrlKey && !event.altKey && !event.shiftKey && !event.metaKey) ask(event)
})
for (const part of dialog.querySelectorAll('[data-dialog-accept], [data-dialog-close]'))
  part.addEventListener('click', () => dialog.close())
