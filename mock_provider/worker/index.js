// The browser worker of the mock provider: calls the software on the learner's machine, which the mock provider's
// server plays under /desktop/. Protocol: contract/browser-worker#messages and contract/mock-provider#desktop.
import { handlerWrapper } from '@edx/edx-proctoring';

const DEFAULT_BASE_URL = 'http://localhost:11136';

// The host's build may replace this expression by its own values; without a build there is no `process`.
function buildTimeBaseUrl() {
  try {
    return (process.env.JS_ENV_EXTRA_CONFIG || {}).MOCK_PROVIDER_URL;
  } catch (error) {
    return undefined;
  }
}

export class MockProviderHandler {
  constructor({ baseUrl } = {}) {
    this.baseUrl = (baseUrl || buildTimeBaseUrl() || DEFAULT_BASE_URL).replace(/\/+$/, '');
  }

  onStartExamAttempt(timeout, attemptExternalId) {
    return this.ask('POST', 'start', 'running', timeout, attemptExternalId);
  }

  onEndExamAttempt(attemptExternalId) {
    return this.ask('POST', 'stop', 'uploading', undefined, attemptExternalId);
  }

  onPing(timeout, attemptExternalId) {
    return this.ask('GET', 'ping', 'running', timeout, attemptExternalId);
  }

  // Resolves when the software is in the wanted state within `timeout` milliseconds (no limit without one).
  ask(method, action, wanted, timeout, attemptExternalId) {
    const query = attemptExternalId ? `?attempt=${encodeURIComponent(attemptExternalId)}` : '';
    const stopper = new AbortController();
    const timer = timeout > 0 ? setTimeout(() => stopper.abort(), timeout) : undefined;
    return fetch(`${this.baseUrl}/desktop/${action}${query}`, { method, signal: stopper.signal })
      .then(response => response.json())
      .then(({ status }) => {
        if (status !== wanted) {
          throw new Error(`the proctoring software is ${status || 'not running'}`);
        }
      })
      .finally(() => clearTimeout(timer));
  }
}

export default handlerWrapper(MockProviderHandler);
