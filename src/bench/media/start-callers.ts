/** Starts Twilio and its callers in a process of their own, and has them call. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Place } from '../bench-instance.ts';
import { NUMBER } from './assistant.ts';
import type { CallersNews, CallersOrder, PhaseOrder } from './callers-order.ts';
import { stop } from './start-vendors.ts';
import type { Heard } from './tally.ts';

export class Callers {
  readonly #child: ChildProcess;
  readonly #gone: Promise<undefined>;
  #news: CallersNews[] = [];
  #wake: () => void = () => undefined;
  #baseUrl = '';

  private constructor() {
    this.#child = fork(join(import.meta.dirname, 'callers-main.js'), [], { execArgv: [] });
    this.#gone = once(this.#child, 'exit').then(() => undefined);
    this.#child.on('message', (message) => {
      this.#news.push(message as CallersNews);
      this.#wake();
    });
  }

  /** @throws when the process fails */
  static async start({ urls, accountSid, authToken }: Place): Promise<Callers> {
    const callers = new Callers();
    const webhooks = { voice: urls.voice(), fallback: urls.fallback(), status: urls.status() };
    callers.#send({ do: 'listen', accountSid, authToken, number: NUMBER, webhooks });
    const { baseUrl } = await callers.#expect('listening');
    callers.#baseUrl = baseUrl;
    return callers;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** For `TWILIO_API_BASE_URL`. */
  get baseUrl(): string {
    return this.#baseUrl;
  }

  /**
   * @param looks called when all callers are greeted, when the time is over, and when nobody says anything
   * any more; they hang up when the last one has settled
   * @throws when the process ends
   */
  async play(
    phase: PhaseOrder,
    looks: { up: () => void; over: () => void; silent: () => Promise<void> },
  ): Promise<Heard> {
    this.#send({ do: 'play', phase });
    await this.#expect('up');
    looks.up();
    await this.#expect('over');
    looks.over();
    await this.#expect('silent');
    await looks.silent();
    this.#send({ do: 'hang-up' });
    return (await this.#expect('played')).heard;
  }

  async close(): Promise<void> {
    await stop(this.#child);
  }

  #send(order: CallersOrder): void {
    this.#child.send(order, () => undefined);
  }

  async #expect<T extends CallersNews['told']>(
    told: T,
  ): Promise<Extract<CallersNews, { told: T }>> {
    if (this.#news.length === 0) {
      const came = new Promise<true>((resolve) => (this.#wake = () => resolve(true)));
      if (!(await Promise.race([came, this.#gone]))) {
        throw new Error('The process of the callers has ended.');
      }
    }
    const news = this.#news.shift();
    if (news?.told !== told) throw new Error('The callers tell something else than expected.');
    return news as Extract<CallersNews, { told: T }>;
  }
}
