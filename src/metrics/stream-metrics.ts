/** How many streams of events this process has open. */
import { Gauge } from 'prom-client';
import { registry } from './registry.ts';

const open = new Gauge({
  name: 'voca_event_streams',
  help: 'Streams of events that are open',
  registers: [registry],
});

export function countStreams(count: number): void {
  open.set(count);
}
