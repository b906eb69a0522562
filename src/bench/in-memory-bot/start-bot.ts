/** Starts the in-memory bot and waits until it listens. */
import { fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort } from '../../demo/free-port.ts';
import { createUrls } from '../../twilio/urls.ts';
import type { TwilioUrls } from '../../twilio/urls.ts';
import { INSTANT_MODEL } from '../instant-model.ts';
import type { BotOrder } from './order.ts';

export interface Bot {
  pid: number;
  urls: TwilioUrls;
  stop(): Promise<void>;
}

/** @throws when its process ends before it listens. */
export async function startBot(authToken: string, modelUrl: string): Promise<Bot> {
  const port = await freePort(randomInt(20_000, 30_000));
  const child = fork(join(import.meta.dirname, 'main.js'), [], { execArgv: [] });
  const gone = once(child, 'exit');
  const openai = { apiKey: 'no-key-needed', baseURL: modelUrl, model: INSTANT_MODEL };
  const order: BotOrder = { authToken, port, openai };
  child.send(order, () => undefined);
  await Promise.race([
    once(child, 'message'),
    gone.then(() => {
      throw new Error('The in-memory bot did not start.');
    }),
  ]);
  return {
    pid: child.pid ?? 0,
    urls: createUrls(`http://127.0.0.1:${port}`),
    stop: async () => {
      child.kill('SIGTERM');
      await gone;
    },
  };
}
