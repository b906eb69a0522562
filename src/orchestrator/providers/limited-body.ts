/** How much of a server's answer is read: a server that errs, or is hostile, must not fill the memory. */
import { ModelError } from '../llm.ts';

/** Bytes, after inflation, of an answer; a spoken one has some 100 kB in the form of events. */
const MAX_BYTES = 4_000_000;
/** Bytes of the report of a failure, which vendors' packages read as a whole. */
const MAX_FAILURE_BYTES = 64_000;

/**
 * The same response with a body that ends when it becomes too long: an answer with a ModelError
 * `bad-answer`, the report of a failure just so, as its status says enough.
 */
export function withLimitedBody(response: {
  readonly body: ReadableStream<Uint8Array> | null;
  readonly status: number;
  readonly statusText: string;
  readonly ok: boolean;
  readonly headers: Iterable<[string, string]>;
}): Response {
  const { body, ok, status, statusText } = response;
  const headers = new Headers([...response.headers]);
  const limited =
    body && (ok ? limitedTo(MAX_BYTES, body, fail) : limitedTo(MAX_FAILURE_BYTES, body, end));
  return new Response(limited, { status, statusText, headers });
}

type Controller = ReadableStreamDefaultController<Uint8Array>;

function fail(controller: Controller): void {
  controller.error(new ModelError('bad-answer', 'the model server answered without end'));
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
