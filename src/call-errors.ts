/** What may go wrong when calls are placed, ended and looked at. */

/** Temporal, its workers or the language models are not there. Trying again later may help. */
export class NotReadyError extends Error {
  override readonly name = 'NotReadyError';
  readonly messageIsSafe = true;
}

/**
 * The call may have been placed, now or later: look at it by its id before calling again.
 */
export class CallUnclearError extends Error {
  override readonly name = 'CallUnclearError';
  readonly messageIsSafe = true;
  readonly callId: string;

  constructor(callId: string) {
    super(
      `It is not known whether ${callId} was or will be placed: look at its status before calling again.`,
    );
    this.callId = callId;
  }
}

/** What was asked for cannot be done; trying again does not help. */
export class CallRequestError extends Error {
  override readonly name = 'CallRequestError';
  readonly messageIsSafe = true;
}
