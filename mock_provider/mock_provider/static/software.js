// The learner's software: plays its checks, then shows the state of the exam. Closing its window stops the software.
(() => {
  const software = document.getElementById('software');
  if (!software) {
    return;
  }
  const attempt = encodeURIComponent(software.dataset.attempt);
  const checks = [...software.querySelectorAll('[data-check]')];
  const done = document.getElementById('checks-done');
  const monitor = document.getElementById('monitor');
  const steps = software.querySelectorAll('[data-step]');
  const quit = document.getElementById('quit');
  const stay = document.getElementById('stay');
  const notice = software.querySelector('.notice');
  const CHECK_MS = window.matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 150;
  const POLL_MS = 2000;
  const WORDS = {
    running: 'Monitoring. Your exam is running.',
    uploading: 'Your recording was handed in. You can close this window.',
    closed: 'Waiting for the start of the exam.',
    stopped: 'The software was stopped. Your exam is not monitored any more. Go to the exam page: it says how you go on.',
  };
  const STEPS = { running: 'exam', uploading: 'done' };
  let ran = false;

  const playChecks = () => {
    if (done.closest('[hidden]')) {
      return;
    }
    checks.forEach(check => { check.dataset.check = 'waiting'; });
    checks.forEach((check, position) => window.setTimeout(() => {
      check.dataset.check = 'passed';
      if (position === checks.length - 1) {
        done.textContent = 'All checks passed.';
      }
    }, CHECK_MS * (position + 1)));
  };

  const show = status => {
    const words = WORDS[status || (ran ? 'stopped' : 'closed')];
    ran = ran || status === 'running';
    quit.hidden = status !== 'running';
    stay.hidden = status === 'uploading' || (ran && !status);
    const now = STEPS[status] || (ran ? '' : null);
    if (now !== null) {
      steps.forEach(step => {
        if (step.dataset.step === now) {
          step.setAttribute('aria-current', 'step');
        } else {
          step.removeAttribute('aria-current');
        }
      });
    }
    // "Go back and start your exam" is wrong once the exam has run.
    if (ran && notice) {
      notice.hidden = true;
    }
    // Write only a change: a screen reader repeats what is written, here every two seconds.
    if (monitor.textContent !== words) {
      monitor.textContent = words;
    }
  };

  const poll = () => fetch(`/desktop/ping?attempt=${attempt}`)
    .then(response => response.json())
    .then(state => show(state.status))
    .catch(() => { monitor.textContent = 'The connection to Mock Proctoring is lost. We keep trying.'; });

  quit.addEventListener('click', () => {
    fetch(`/desktop/quit?attempt=${attempt}`, { method: 'POST' }).then(poll);
  });

  // The exam page asks us whether the software runs; without this it would not notice a closed window. The window's id
  // lets the server ignore a window that was replaced: a reload ends this page, and may already have opened the next.
  const reportClosing = () => {
    navigator.sendBeacon(`/desktop/quit?attempt=${attempt}&window=${encodeURIComponent(software.dataset.window)}`);
  };

  playChecks();
  if (!monitor.closest('[hidden]')) {
    poll();
    window.setInterval(poll, POLL_MS);
  }
  if (software.dataset.closeAfterSeconds) {
    // Software that reports ready by itself goes on without a window.
    window.setTimeout(() => window.close(), 1000 * Number(software.dataset.closeAfterSeconds));
  } else {
    window.addEventListener('pagehide', reportClosing);
  }
})();
