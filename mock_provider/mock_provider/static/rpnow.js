// The window of the RPNow software: notices that the secure browser was opened or has handed in the recording.
(() => {
  const window_ = document.getElementById('rpnow');
  if (!window_) {
    return;
  }
  const address = `/desktop/ping?attempt=${encodeURIComponent(window_.dataset.attempt)}`;
  const POLL_MS = 1500;
  let known;
  const look = () => fetch(address)
    .then(response => response.json())
    .then(state => {
      if (known === undefined) {
        known = state.status;
      } else if (known !== state.status) {
        window.location.reload();
      }
    })
    .catch(() => {}); // The server is restarted: the next look tells.
  look();
  window.setInterval(look, POLL_MS);
})();
