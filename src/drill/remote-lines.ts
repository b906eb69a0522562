/** The lines of an instance in another process (`instance-main.ts`), over its IPC channel. */
import type { ChildProcess } from 'node:child_process';
import type { CutKind, LineDirection, TcpProxy } from './tcp-proxy.ts';
import type { LineName } from './lines.ts';

/** What is asked of the other process; it answers with the number. */
export type LineOrder = { number: number; line: LineName } & LineChange;

export type LineChange =
  | { do: 'delay'; delayMs: number; direction?: LineDirection }
  | { do: 'throttle'; bytesPerSecond: number; direction?: LineDirection }
  | { do: 'stall' | 'blackHole'; direction?: LineDirection }
  | { do: 'cut'; kind?: CutKind }
  | { do: 'mend' };

export async function applyChange(proxy: TcpProxy, change: LineChange): Promise<void> {
  switch (change.do) {
    case 'delay':
      return proxy.delay(change.delayMs, change.direction);
    case 'throttle':
      return proxy.throttle(change.bytesPerSecond, change.direction);
    case 'stall':
      return proxy.stall(change.direction);
    case 'blackHole':
      return proxy.blackHole(change.direction);
    case 'cut':
      return proxy.cut(change.kind);
    case 'mend':
      return proxy.mend();
  }
}

export class RemoteLines {
  readonly #child: ChildProcess;
  #number = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Settles when the line is as it was asked to be; rejects when the process is gone. */
  change(line: LineName, change: LineChange): Promise<void> {
    this.#number += 1;
    const order: LineOrder = { ...change, line, number: this.#number };
    return new Promise((resolve, reject) => {
      const done = (answer: unknown) => {
        if (answer !== order.number) return;
        stop();
        resolve();
      };
      const gone = () => {
        stop();
        reject(new Error('the instance is gone'));
      };
      const stop = () => {
        this.#child.off('message', done);
        this.#child.off('exit', gone);
      };
      this.#child.on('message', done);
      this.#child.on('exit', gone);
      this.#child.send(order);
    });
  }
}
