/**
 * Hears what PostgreSQL notifies, on one connection of its own. A notice only says that there is
 * something to look at, and may be lost with the connection: then everybody is to look.
 */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

export interface ListenerOptions {
  /** postgres://USER:PASSWORD@HOST:PORT/DATABASE */
  url: string;
  applicationName: string;
  channels: readonly string[];
  onNotice: (payload: string, channel: string) => void;
  /** It listens, at first or again: of what came before, nothing was heard. */
  onListening: () => void;
  onLost?: (error: Error) => void;
  /** How often it is seen whether the connection still lives, in milliseconds. */
  checkMs?: number;
}

export interface Listener {
  close(): Promise<void>;
}

const CONNECT_MS = 5_000;
const CHECK_MS = 15_000;
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5_000;

/** Connects at once, and anew whenever the connection is lost, until it is closed. Never throws. */
export function listen(options: ListenerOptions): Listener {
  const closing = new AbortController();
  const running = run(options, closing.signal);
  return {
    close: async () => {
      closing.abort();
      await running;
    },
  };
}

async function run(options: ListenerOptions, closed: AbortSignal): Promise<void> {
  let failures = 0;
  while (!closed.aborted) {
    const client = new pg.Client({
      connectionString: options.url,
      application_name: options.applicationName,
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: CONNECT_MS,
      keepAlive: true,
    });
    try {
      await listenOn(client, options, closed, () => (failures = 0));
    } catch (error) {
      if (failures === 0) options.onLost?.(error as Error);
    } finally {
      // Over a dead line the goodbye is never answered: nobody waits for it.
      void client.end().catch(() => undefined);
    }
    const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
    failures += 1;
    await pause(waitMs * (0.5 + Math.random()), closed);
  }
}

/** Returns when it was closed. @throws when the connection is lost. */
async function listenOn(
  client: pg.Client,
  { channels, onNotice, onListening, checkMs = CHECK_MS }: ListenerOptions,
  closed: AbortSignal,
  connected: () => void,
): Promise<void> {
  const lost = new AbortController();
  const end = AbortSignal.any([lost.signal, closed]);
  let failure = new Error('The connection ended.');
  client.on('error', (error) => {
    failure = error;
    lost.abort();
  });
  client.on('end', () => lost.abort());
  client.on('notification', ({ channel, payload = '' }) => onNotice(payload, channel));
  await client.connect();
  for (const channel of channels) await client.query(`listen ${client.escapeIdentifier(channel)}`);
  connected();
  onListening();
  for (;;) {
    await pause(checkMs, end);
    if (closed.aborted) return;
    if (lost.signal.aborted) throw failure;
    await client.query('select 1');
  }
}

async function pause(ms: number, end: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal: end, ref: false }).catch(() => undefined);
}
