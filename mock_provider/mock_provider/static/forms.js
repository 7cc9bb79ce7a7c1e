// A form that calls the learning platform may take a while: show that, and accept only one press.
document.querySelectorAll('form[data-busy-label]').forEach(form => {
  form.addEventListener('submit', event => {
    const button = form.querySelector('button[type="submit"]');
    if (button.getAttribute('aria-busy') === 'true') {
      event.preventDefault();
      return;
    }
    button.setAttribute('aria-busy', 'true');
    button.textContent = form.dataset.busyLabel;
  });
});
// After the browser's back button the page is as it was left: a reload makes the button usable again.
window.addEventListener('pageshow', event => {
  if (event.persisted) {
    window.location.reload();
  }
});
