// `<form data-confirm="dialog-id">` asks in that <dialog> before it is sent (B-14).
for (const form of document.querySelectorAll('form[data-confirm]')) {
  const dialog = document.getElementById(form.dataset.confirm)
  if (!dialog) continue
  // Said only where a dialog will come: without this file the button does at once what it says.
  form.querySelector('[type=submit]').setAttribute('aria-haspopup', 'dialog')
  let confirmed = false
  let pressed = null

  // In the capturing phase: the guard against double submission must not see a form that only asks.
  form.addEventListener(
    'submit',
    event => {
      if (confirmed) return
      event.preventDefault()
      event.stopPropagation()
      pressed = event.submitter
      dialog.showModal()
    },
    { capture: true },
  )
  dialog.querySelector('[data-dialog-accept]').addEventListener('click', () => {
    confirmed = true
    dialog.close()
    form.requestSubmit(pressed)
  })
  dialog.querySelector('[data-dialog-close]').addEventListener('click', () => dialog.close())
}
