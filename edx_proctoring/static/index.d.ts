/** The argument of a handler's constructor: the options of the page's `config` message, or an empty object. */
export type HandlerOptions = Record<string, unknown>;

/**
 * A provider's software, as the exam page uses it. Every method is optional; a missing one counts as a success.
 * A rejected promise or an exception is reported to the page as a failure.
 */
export interface ExamHandler {
  /** @param timeout milliseconds; undefined if the page sets no limit */
  onStartExamAttempt?(timeout: number | undefined, attemptExternalId: string | undefined): unknown | Promise<unknown>;
  onEndExamAttempt?(attemptExternalId: string | undefined): unknown | Promise<unknown>;
  /** @param timeout milliseconds within which the page needs the answer */
  onPing?(timeout: number, attemptExternalId: string | undefined): unknown | Promise<unknown>;
}

/** Connects a handler class with the exam page. Call it in the worker's script. */
export function handlerWrapper(Handler: new (options: HandlerOptions) => ExamHandler): void;
export default handlerWrapper;
