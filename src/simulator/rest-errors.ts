/** Twilio's classic error answers. */

/** A refusal; the server turns it into Twilio's JSON body. Repeating the request does not help. */
export class RestError extends Error {
  override readonly name = 'RestError';
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }

  get body(): Record<string, unknown> {
    const more_info = `https://www.twilio.com/docs/errors/${this.code}`;
    return { code: this.code, message: this.message, more_info, status: this.status };
  }
}

export const badRequest = (code: number, message: string) => new RestError(400, code, message);

export const notFound = (path: string) =>
  new RestError(404, 20404, `The requested resource ${path} was not found`);
