/** 全選択 for each service of the permission matrix (D-04): a help with ticking, the boxes work without it. */
for (const matrix of document.querySelectorAll('[data-select-all]'))
  for (const group of matrix.querySelectorAll('tbody')) {
    const boxes = [...group.querySelectorAll('input[type="checkbox"]:not(:disabled)')]
    const heading = group.querySelector('[scope="rowgroup"]')
    if (boxes.length < 2 || !heading) continue
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'govuk-button govuk-button--secondary matrix__select-all'
    const all = () => boxes.every(box => box.checked)
    const name = heading.firstChild.textContent.trim()
    const label = () => {
      button.textContent = all() ? matrix.dataset.selectNone : matrix.dataset.selectAll
      button.setAttribute('aria-label', `${name} ${button.textContent}`)
    }
    button.addEventListener('click', () => {
      const checked = !all()
      for (const box of boxes) box.checked = checked
      label()
    })
    group.addEventListener('change', label)
    label()
    heading.append(button)
  }
