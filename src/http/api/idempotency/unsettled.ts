/**
 * Thrown to answer with 202: it is not known whether what was asked for was done. Of such an answer nothing
 * is kept: the same request, sent again with its `Idempotency-Key`, finds out.
 */
export class Unsettled extends Error {
  override readonly name = 'Unsettled';
  readonly messageIsSafe = true;
  readonly body: unknown;

  /** @param body as the route's `unsettled` schema says */
  constructor(body: unknown) {
    super('It is not known whether this was done.');
    this.body = body;
  }
}
