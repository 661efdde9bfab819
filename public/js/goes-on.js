// `<form data-goes-on>` is sent as soon as it is there: it carries the browser on to another site.
document.querySelector('form[data-goes-on]').requestSubmit()
