/** How much of a server's answer is read: a server that errs, or is hostile, must not fill the memory. */
import { VendorError } from './vendor-error.ts';

export interface BodyLimits {
  /** Bytes, after inflation, of an answer. Default: 4 MB; a spoken text has some 100 kB as events. */
  maxBytes?: number;
  /** Bytes of the report of a failure, which vendors' packages read as a whole. Default: 64 kB. */
  maxFailureBytes?: number;
  /** The error with which an answer ends that is too long. Default: a VendorError `bad-answer`. */
  tooLong?: () => VendorError;
}

const MAX_BYTES = 4_000_000;
const MAX_FAILURE_BYTES = 64_000;

/**
 * The same response with a body that ends when it becomes too long: an answer with an error, the
 * report of a failure just so, as its status says enough.
 */
export function withLimitedBody(
  response: {
    readonly body: ReadableStream<Uint8Array> | null;
    readonly status: number;
    readonly statusText: string;
    readonly ok: boolean;
    readonly headers: Iterable<[string, string]>;
  },
  limits: BodyLimits = {},
): Response {
  const { body, ok, status, statusText } = response;
  const { maxBytes = MAX_BYTES, maxFailureBytes = MAX_FAILURE_BYTES, tooLong = endless } = limits;
  const headers = new Headers([...response.headers]);
  const fail = (controller: Controller): void => controller.error(tooLong());
  const limited =
    body && (ok ? limitedTo(maxBytes, body, fail) : limitedTo(maxFailureBytes, body, end));
  return new Response(limited, { status, statusText, headers });
}

type Controller = ReadableStreamDefaultController<Uint8Array>;

function endless(): VendorError {
  return new VendorError('bad-answer', 'the server answered without end');
}

function end(controller: Controller): void {
  controller.close();
}

function limitedTo(
  maxBytes: number,
  body: ReadableStream<Uint8Array>,
  stop: (controller: Controller) => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let left = maxBytes;
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        const isTooLong = value.byteLength > left;
        const part = isTooLong ? value.subarray(0, left) : value;
        left -= part.byteLength;
        if (part.byteLength > 0) controller.enqueue(part);
        if (!isTooLong) return;
        stop(controller);
        reader.cancel().catch(() => undefined);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
