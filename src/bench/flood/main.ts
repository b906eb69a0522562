/** The process that plays strangers. It gets its order from its parent and reports when it is told to stop. */
import { setPriority } from 'node:os';
import { keepAsking } from './askers.ts';
import { hold } from './holders.ts';
import { ASKING, HOLDING } from './order.ts';
import type { FloodOrder } from './order.ts';
import { Tally } from './tally.ts';

/** Real strangers have processors of their own: what these need is not to be taken from the calls. */
const LOWEST_PRIORITY = 19;

process.once('message', (message) => {
  setPriority(LOWEST_PRIORITY);
  const { port, key, addresses, held, perSecond } = message as FloodOrder;
  const tally = new Tally();
  // Elsewhere than on Linux the loopback has one address alone.
  const several = process.platform === 'linux';
  const from = Array.from({ length: several ? addresses : 0 }, (_each, at) => `127.0.0.${at + 2}`);
  const running = [
    ...HOLDING.map((kind) => hold(kind, { port, key, count: held[kind], from }, tally)),
    ...ASKING.map((kind) =>
      keepAsking(kind, { port, key, perSecond: perSecond[kind], from }, tally),
    ),
  ];
  process.once('message', () => {
    const figures = tally.figures(performance.now());
    for (const each of running) each.stop();
    process.send?.(figures, () => process.exit(0));
  });
});
// A terminal tells everybody; this one ends with its parent.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.once('disconnect', () => process.exit(0));
