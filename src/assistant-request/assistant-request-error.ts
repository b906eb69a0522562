/** Why a customer's server did not say who answers. Nothing of its answer stands in it. */
export type AssistantRequestCode =
  | 'unreachable' //       no connection, or it broke
  | 'no-answer' //         not in time
  | 'too-large'
  | 'refused-url' //       by us: it breaks our rules, or does not lead to a public address
  | 'server-error' //      5xx
  | 'refused' //           another status that is no success
  | 'bad-answer' //        not of the form that is asked for
  | 'unknown-assistant' // not one of the number's workspace
  | 'missing-variable'; // the texts of the assistant that was named need more

export class AssistantRequestError extends Error {
  override readonly name = 'AssistantRequestError';
  readonly messageIsSafe = true;
  readonly code: AssistantRequestCode;

  constructor(code: AssistantRequestCode, cause?: unknown) {
    super(`The server did not say who answers (${code}).`, { cause });
    this.code = code;
  }

  /** Whether it may pass within the second. */
  get retryable(): boolean {
    return this.code === 'unreachable' || this.code === 'server-error';
  }
}
