// `<button data-copy="id">` copies the text of the element with that id and says so.
for (const button of document.querySelectorAll('[data-copy]')) {
  button.hidden = false
  button.addEventListener('click', async () => {
    const source = document.getElementById(button.dataset.copy)
    const announcements = document.getElementById('announcements')
    try {
      await navigator.clipboard.writeText((source.value ?? source.textContent).trim())
      button.textContent = button.dataset.copied
      announcements.textContent = button.dataset.copied
    } catch {
      window.getSelection().selectAllChildren(source)
      announcements.textContent = button.dataset.failed
    }
  })
}
