/** What a provider's handler is made with: the options of the page's `config` message, or nothing. */
export type HandlerOptions = Record<string, unknown>;

/**
 * The provider's software as the exam page needs it. Every method may be absent: then there is nothing to do.
 * A rejected promise, or an exception, tells the page that it failed.
 */
export interface ExamHandler {
  /** @param timeout milliseconds; undefined where the page sets no limit */
  onStartExamAttempt?(timeout: number | undefined, attemptExternalId: string | undefined): unknown | Promise<unknown>;
  onEndExamAttempt?(attemptExternalId: string | undefined): unknown | Promise<unknown>;
  /** @param timeout milliseconds within which the page wants to know */
  onPing?(timeout: number, attemptExternalId: string | undefined): unknown | Promise<unknown>;
}

/** Connects a handler class with the exam page. Call it in a worker's script. */
export function handlerWrapper(Handler: new (options: HandlerOptions) => ExamHandler): void;
export default handlerWrapper;
