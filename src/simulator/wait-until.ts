import type { CallState } from './call-state.ts';
import type { Line } from './line.ts';
import { PhoneError } from './phone-error.ts';

/**
 * Waits until `look` finds something: looks again whenever the line says that something changed.
 * Rejects with {@link PhoneError} after `timeoutMs`, or when the call ends without it.
 */
export function waitUntil<T>(
  look: () => T | undefined,
  wait: { line: Line; call: CallState; what: string; timeoutMs: number },
): Promise<T> {
  const { line, call, what, timeoutMs } = wait;
  return new Promise((resolve, reject) => {
    let stop = () => {};
    const settle = (action: () => void) => {
      clearTimeout(timer);
      stop();
      action();
    };
    const timer = setTimeout(
      () => settle(() => reject(new PhoneError(`waited ${timeoutMs} ms for ${what}`))),
      timeoutMs,
    );
    const check = () => {
      const found = look();
      if (found !== undefined) settle(() => resolve(found));
      else if (call.isOver) {
        settle(() => reject(new PhoneError(`the call ended (${call.status}) before ${what}`)));
      }
    };
    stop = line.onChange(check);
    check();
  });
}
