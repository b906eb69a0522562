/** The process of a receiver: does what it is told, until whoever has started it is gone. */
import type { ReceiverOrder } from './receiver-order.ts';
import { ReceiverServer } from './receiver-server.ts';

let receiver: ReceiverServer | undefined;

async function carryOut(order: ReceiverOrder): Promise<void> {
  if (order.do === 'start') receiver = await ReceiverServer.start(order);
  else if (order.do === 'mode') await receiver?.setMode(order.mode);
  else receiver?.setSecrets(order.secrets);
}

// A terminal tells everybody; this one ends with its parent.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.once('disconnect', () => process.exit(0));
process.on('message', (order: ReceiverOrder) => {
  carryOut(order).then(
    () => process.send?.(order.number),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : 'The receiver failed.'}\n`);
      process.exit(1);
    },
  );
});
