// The page of Constructor Proctor around an exam: opens the exam in its frame, tells it that it is proctored, and
// leaves when the session has ended. `data-plan` is the scenario's `constructor`.
(() => {
  const page = document.getElementById('constructor');
  if (!page) {
    return;
  }
  const READY = 'proctoringReady_n6EY';
  const POLL_MS = 1500;
  const LEAVE_AFTER_MS = 4000;
  const plan = JSON.parse(page.dataset.plan);
  const frame = document.getElementById('exam');
  const exam = new URL(page.dataset.url);
  const withCode = active => {
    const message = {type: READY, proctoringIsActive: active};
    return plan.assess_code === null ? message : {...message, assessCode: plan.assess_code};
  };
  const messages = {
    string: () => READY,
    object: () => withCode(true),
    json: () => JSON.stringify(withCode(true)),
    inactive: () => withCode(false),
    malformed: () => `{"type": "${READY}", "proctoringIsActive": tru`
  };

  const send = () => {
    for (let number = 0; number < plan.repeat; number += 1) {
      frame.contentWindow.postMessage(messages[plan.message](), exam.origin);
    }
  };

  const origin = plan.client_origin === null ? window.location.origin : plan.client_origin;
  if (origin !== '') {
    // As the vendor does: appended, not parsed.
    exam.search += `${exam.search ? '&' : '?'}examus-client-origin=${encodeURIComponent(origin)}`;
  }
  frame.addEventListener('load', () => {
    // A frame without an address is loaded, too.
    if (frame.getAttribute('src') && plan.message !== 'none') {
      window.setTimeout(send, plan.delay_ms);
    }
  });
  frame.src = exam.href;
  if (plan.reload_after !== null) {
    window.setTimeout(() => { frame.src = exam.href; }, plan.reload_after * 1000);
  }

  const leave = address => {
    document.getElementById('constructor-state').textContent = 'The session has ended. You are led back in a moment.';
    window.setTimeout(() => {
      if (address) {
        window.location.assign(address);
      } else {
        window.location.reload();
      }
    }, LEAVE_AFTER_MS);
  };
  const timer = window.setInterval(() => {
    fetch(`/proctor/${page.dataset.session}/state`)
      .then(response => response.json())
      .then(state => {
        if (state.status === 'finished') {
          window.clearInterval(timer);
          leave(state.finish_url);
        }
      })
      .catch(() => {}); // The server may be restarting: the next poll shows.
  }, POLL_MS);
})();
