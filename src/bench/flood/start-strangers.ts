/** Starts a process full of strangers. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { FloodFigures, FloodOrder } from './order.ts';

export interface Strangers {
  /** Ends all that they do. @returns what became of them. */
  stop(): Promise<FloodFigures>;
  /** For when nobody wants to know any more. */
  kill(): void;
}

export function startStrangers(order: FloodOrder): Strangers {
  const child = fork(join(import.meta.dirname, 'main.js'), [], { execArgv: [] });
  const gone = once(child, 'exit').then(() => {
    throw new Error('The process of the strangers has ended.');
  });
  gone.catch(() => undefined);
  child.send(order, () => undefined);
  return {
    stop: async () => {
      const told = once(child, 'message');
      child.send('stop', () => undefined);
      const [figures] = (await Promise.race([told, gone])) as [FloodFigures];
      await gone.catch(() => undefined);
      return figures;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
