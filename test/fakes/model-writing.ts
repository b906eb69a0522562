/** Small things for writing answers piece by piece. */
import type { ServerResponse } from 'node:http';

export function wordsOf(text: string): string[] {
  return text.match(/\S+\s*/g) ?? (text === '' ? [] : [text]);
}

export function halfOf<T>(pieces: readonly T[]): T[] {
  return pieces.slice(0, Math.ceil(pieces.length / 2));
}

/**
 * Writes, and returns when all of it is on its way: with a pause piece by piece, without one at once.
 * Stops when the client is gone.
 */
export async function write(
  response: ServerResponse,
  pieces: readonly (string | Uint8Array)[],
  betweenMs = 0,
): Promise<void> {
  const all = pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece));
  for (const piece of betweenMs > 0 ? all : [Buffer.concat(all)]) {
    if (response.destroyed) return;
    await new Promise<void>((resolve) => {
      response.write(piece, () => resolve());
    });
    await wait(betweenMs, response);
  }
}

/** Ends early when the client is gone. */
export async function wait(ms: number, response: ServerResponse): Promise<void> {
  if (ms <= 0 || response.destroyed) return;
  await new Promise<void>((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      response.off('close', over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    response.once('close', over);
  });
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
