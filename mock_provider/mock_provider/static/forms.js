// A form that talks to the learning platform may take a while: say so, and take only one press.
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
// Coming back with the browser's back button shows the page as it was left: make the button usable again.
window.addEventListener('pageshow', event => {
  if (event.persisted) {
    window.location.reload();
  }
});
