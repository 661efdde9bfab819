/**
 * 「ソフトウェアキーボードを開く」 beside a password field (B-11): a dialog with keys in a new order each time it opens.
 * 「確定」 copies what was typed, 「キャンセル」 discards it. The dialog stands outside of every form, for the library's
 * keys are buttons; they work by mouse, touch and keyboard, and what was typed shows as dots unless the user asks.
 */
const digits = [...'0123456789']
const letters = [...'abcdefghijklmnopqrstuvwxyz']
const symbols = [...'!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~']

/** A number below `limit`, each as likely as the other. */
const below = limit => {
  const drawn = new Uint32Array(1)
  const fair = Math.floor(2 ** 32 / limit) * limit
  do crypto.getRandomValues(drawn)
  while (drawn[0] >= fair)
  return drawn[0] % limit
}

const shuffled = list => {
  const order = [...list]
  for (let last = order.length - 1; last > 0; last--) {
    const other = below(last + 1)
    ;[order[last], order[other]] = [order[other], order[last]]
  }
  return order
}

const inRows = (keys, length) =>
  Array.from({ length: Math.ceil(keys.length / length) }, (_, row) =>
    keys.slice(row * length, (row + 1) * length).join(' '),
  )

const layouts = () => {
  const lower = shuffled(letters)
  const rows = keys => [
    ...inRows(shuffled(digits), 10),
    ...inRows(keys, 10),
    ...inRows(shuffled(symbols), 11),
    '{shift} {space} {bksp}',
  ]
  const small = rows(lower)
  // The capitals stand where their letters stood: only the first opening is a search.
  const capital = small.map((row, at) => (at >= 1 && at <= 3 ? row.toUpperCase() : row))
  return { default: small, shift: capital }
}

const make = (name, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(name), properties)
  element.append(...children)
  return element
}

const open = async (input, texts) => {
  const { SimpleKeyboard } = await import('../build/simple-keyboard.js')
  let typed = ''
  let shown = false
  const heading = make('h2', { className: 'govuk-heading-m', id: 'keyboard-title', textContent: texts.title })
  const note = make('p', { className: 'govuk-hint', id: 'keyboard-note', textContent: texts.note })
  const echo = make('p', { className: 'keyboard__echo', ariaHidden: 'true' })
  const count = make('p', { className: 'govuk-visually-hidden', role: 'status' })
  const show = make('button', {
    type: 'button',
    className: 'govuk-button govuk-button--secondary keyboard__show',
    textContent: texts.show,
    ariaPressed: 'false',
  })
  const keys = make('div', { className: 'software-keyboard' })
  const accept = make('button', { type: 'button', className: 'govuk-button', textContent: texts.accept })
  const cancel = make('button', {
    type: 'button',
    className: 'govuk-button govuk-button--secondary',
    textContent: texts.cancel,
  })
  const dialog = make(
    'dialog',
    { className: 'dialog dialog--keyboard', id: 'keyboard-dialog' },
    heading,
    note,
    make('div', { className: 'keyboard__line' }, echo, show),
    count,
    keys,
    make('div', { className: 'govuk-button-group' }, accept, cancel),
  )
  dialog.setAttribute('aria-labelledby', 'keyboard-title')
  dialog.setAttribute('aria-describedby', 'keyboard-note')
  document.body.append(dialog)

  const tell = () => {
    echo.textContent = shown ? typed : '●'.repeat([...typed].length)
    count.textContent = texts.count.replace('0', String([...typed].length))
  }
  const keyboard = new SimpleKeyboard(keys, {
    layout: layouts(),
    layoutName: 'default',
    theme: 'keyboard__keys',
    display: { '{shift}': texts.shift, '{space}': texts.space, '{bksp}': texts.erase },
    useButtonTag: true,
    disableCaretPositioning: true,
    disableButtonHold: true,
    preventMouseDownDefault: false,
    buttonTheme: [{ class: 'keyboard__wide', buttons: '{shift} {space} {bksp}' }],
    onKeyPress: key => {
      if (key === '{shift}') {
        const next = keyboard.options.layoutName === 'default' ? 'shift' : 'default'
        keyboard.setOptions({ layoutName: next })
        plainButtons()
        keys.querySelector('[data-skbtn="{shift}"]').focus()
        return
      }
      if (key === '{bksp}') typed = [...typed].slice(0, -1).join('')
      else if (input.maxLength < 0 || typed.length < input.maxLength) typed += key === '{space}' ? ' ' : key
      tell()
    },
  })
  // The library listens to pointers only: Enter and Space on a key arrive as clicks without one.
  const plainButtons = () => {
    for (const key of keys.querySelectorAll('button')) {
      key.type = 'button'
      if (key.dataset.skbtn === '{shift}')
        key.setAttribute('aria-pressed', String(keyboard.options.layoutName === 'shift'))
    }
  }
  plainButtons()
  keys.addEventListener('click', event => {
    const key = event.target.closest('button')
    if (key && event.detail === 0) keyboard.options.onKeyPress(key.dataset.skbtn)
  })

  show.addEventListener('click', () => {
    shown = !shown
    show.textContent = shown ? texts.hide : texts.show
    show.setAttribute('aria-pressed', String(shown))
    tell()
  })
  accept.addEventListener('click', () => {
    input.value = typed
    input.dispatchEvent(new Event('input', { bubbles: true }))
    dialog.close()
  })
  cancel.addEventListener('click', () => dialog.close())
  dialog.addEventListener('close', () => {
    typed = ''
    keyboard.destroy()
    dialog.remove()
    input.focus()
  })
  tell()
  dialog.showModal()
  keys.querySelector('button').focus()
}

for (const opener of document.querySelectorAll('[data-keyboard]')) {
  const input = document.getElementById(opener.dataset.keyboard)
  if (!input || typeof HTMLDialogElement === 'undefined') continue
  opener.hidden = false
  opener.addEventListener('click', () => open(input, opener.dataset))
}
