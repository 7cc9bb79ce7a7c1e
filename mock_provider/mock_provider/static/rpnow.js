// The window of the RPNow software: reloads itself when the secure browser was opened or has handed in the recording.
(() => {
  const softwareWindow = document.getElementById('rpnow');
  if (!softwareWindow) {
    return;
  }
  const address = `/desktop/ping?attempt=${encodeURIComponent(softwareWindow.dataset.attempt)}`;
  const POLL_MS = 1500;
  let known;
  const poll = () => fetch(address)
    .then(response => response.json())
    .then(state => {
      if (known === undefined) {
        known = state.status;
      } else if (known !== state.status) {
        window.location.reload();
      }
    })
    .catch(() => {}); // The server may be restarting: the next poll shows.
  poll();
  window.setInterval(poll, POLL_MS);
})();
