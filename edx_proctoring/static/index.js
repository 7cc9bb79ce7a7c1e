/**
 * The browser side of a proctoring provider, as an npm package: `@edx/edx-proctoring`.
 * Contract: contract/browser-worker#wrapper, contract/browser-worker#messages.
 *
 * A provider's package defines a class with any of the methods below and exports
 * `handlerWrapper(TheClass)`. It runs in a web worker, one worker per message, and talks to the
 * provider's software on the learner's computer.
 *
 *     onStartExamAttempt(timeout, attemptExternalId)
 *     onEndExamAttempt(attemptExternalId)
 *     onPing(timeout, attemptExternalId)
 *
 * `timeout` is in milliseconds. A method may return a promise; a rejection or an exception is
 * reported to the page as a failure. A missing method is reported as a success.
 */

const ACTIONS = {
  startExamAttempt: {
    run: (handler, data) => handler.onStartExamAttempt
      && handler.onStartExamAttempt(data.timeout, data.attemptExternalId),
    done: 'examAttemptStarted',
    failed: 'examAttemptStartFailed',
  },
  endExamAttempt: {
    run: (handler, data) => handler.onEndExamAttempt
      && handler.onEndExamAttempt(data.attemptExternalId),
    done: 'examAttemptEnded',
    failed: 'examAttemptEndFailed',
  },
  ping: {
    run: (handler, data) => handler.onPing
      && handler.onPing(data.timeout, data.attemptExternalId),
    done: 'echo',
    failed: 'pingFailed',
  },
};

/** What an object says: its message, else its text, else all of it that can be written down. */
function textOf(object) {
  const { message } = object;
  if (message) {
    return String(message);
  }
  try {
    const text = String(object);
    return text.startsWith('[object ') ? JSON.stringify(object) : text;
  } catch (unwritable) {
    return 'failed without a reason';
  }
}

/** The error in a form that can be posted: an arbitrary object may have properties that cannot be cloned. */
function clonable(error) {
  if (error instanceof Error) {
    return { name: error.name, message: error.message };
  }
  if (error !== null && typeof error === 'object') {
    return { message: textOf(error) };
  }
  return typeof error === 'function' || typeof error === 'symbol' ? String(error) : error;
}

/**
 * Connect a provider's handler class with the page.
 *
 * @param {new (options: object) => object} Handler is created at once with an empty object, and
 *   again with the page's options on each `config` message.
 */
export function handlerWrapper(Handler) {
  let handler = new Handler({});

  self.addEventListener('message', (message) => {
    const data = message.data || {};
    if (data.type === 'config') {
      handler = new Handler(data.options || {});
      return;
    }
    const action = Object.prototype.hasOwnProperty.call(ACTIONS, data.type) && ACTIONS[data.type];
    if (!action) {
      return;
    }
    // Inside a promise, so that an exception is handled like a rejection.
    new Promise((resolve) => { resolve(action.run(handler, data)); }).then(
      () => self.postMessage({ type: action.done }),
      (error) => self.postMessage({ type: action.failed, error: clonable(error) }),
    );
  });
}

export default handlerWrapper;
