/** Carries a fault script out: between the simulated Twilio and the application, and at the phone. */
import { randomUUID } from 'node:crypto';
import { sleepReal } from '../clock.ts';
import { parseOverrides } from '../overrides.ts';
import type { TruthLog } from '../truth-log.ts';
import type { WebhookClient } from '../webhook-client.ts';
import type { OutgoingWebhook, WebhookAnswer, WebhookTap } from '../webhook-tap.ts';
import { dropped } from '../webhook-tap.ts';
import { watchForHangUps } from './caller-faults.ts';
import { isCallerFault } from './fault-script.ts';
import type { CallerFault, Fault, FaultScript, Forgery, WebhookFault } from './fault-script.ts';
import { forgeryOf } from './forgeries.ts';
import { FaultMatcher } from './matching.ts';
import { Replays } from './replays.ts';

type FaultOf<D extends WebhookFault['do']> = Extract<WebhookFault, { do: D }>;
type Send = () => Promise<WebhookAnswer>;

const HOLD_BACK_MS = 3_000;

export class FaultInjector implements WebhookTap {
  readonly #seed: string;
  readonly #faults: Fault[];
  readonly #log: TruthLog;
  readonly #matcher: FaultMatcher;
  readonly #callNumbers = new Map<string, number>();
  readonly #background = new Set<Promise<unknown>>();
  /** Webhooks that were answered, by call and purpose: what is held back waits for them. */
  readonly #answered = new Map<string, number>();
  readonly #replays: Replays;
  #client: WebhookClient | undefined;
  #stopWatching = () => {};

  constructor(script: FaultScript, log: TruthLog) {
    this.#seed = script.seed;
    this.#faults = [...script.faults];
    this.#log = log;
    this.#matcher = new FaultMatcher(this.#seed, this.#faults);
    this.#replays = new Replays({
      log,
      client: () => this.#client,
      note: (entry, when) => this.#note('replay', entry, when),
      inBackground: (work) => this.#inBackground(work),
    });
  }

  /** All of it, with what was added meanwhile: given to another simulator, it happens again. */
  get script(): FaultScript {
    return { seed: this.#seed, faults: [...this.#faults] };
  }

  /** Adds faults that meet the next call to begin. */
  forNextCall(...faults: readonly Fault[]): void {
    const call = this.#callNumbers.size + 1;
    this.#faults.push(...faults.map((fault) => ({ ...fault, call })));
  }

  /** To be called once, before the first call begins. */
  attach(client: WebhookClient, hangUp: (callSid: string) => void): void {
    this.#client = client;
    const unsubscribe = this.#log.subscribe((entry) => {
      if (entry.kind !== 'call') return;
      this.numberOf(entry.callSid);
      this.#replays.follow(entry);
    });
    const unwatch = watchForHangUps({
      log: this.#log,
      faults: () => this.#faults.filter((fault) => fault.do === 'hang-up'),
      callNumber: (callSid) => this.numberOf(callSid),
      hangUp,
      note: (callSid, detail) => this.#note('hang-up', { callSid }, detail),
    });
    this.#stopWatching = () => {
      unsubscribe();
      unwatch();
    };
  }

  /** The calls are counted from 1 as they begin. */
  numberOf(callSid: string): number {
    const known = this.#callNumbers.get(callSid);
    if (known !== undefined) return known;
    this.#callNumbers.set(callSid, this.#callNumbers.size + 1);
    return this.#callNumbers.size;
  }

  /** How the caller of this call behaves. */
  callerFaults(callSid: string): CallerFault[] {
    const number = this.numberOf(callSid);
    return this.#faults
      .filter(isCallerFault)
      .filter(({ call }) => call === undefined || call === number);
  }

  /** An hour has passed, logically: sends what was kept for then once more, and returns the answers. */
  anHourLater(): Promise<WebhookAnswer[]> {
    return this.#replays.anHourLater();
  }

  /** Settles when nothing that was injected is under way any more. */
  async settle(): Promise<void> {
    while (this.#background.size > 0) await Promise.allSettled(this.#background);
  }

  stop(): void {
    this.#stopWatching();
  }

  async aroundWebhook(webhook: OutgoingWebhook, send: Send): Promise<WebhookAnswer> {
    const faults = this.#faultsOf(webhook);
    for (const fault of faults) await this.#before(fault, webhook);
    const duplicate = faults.find((fault) => fault.do === 'duplicate');
    const answer = await (duplicate ? this.#duplicated(duplicate, webhook, send) : send());
    const place = placeOf(webhook);
    this.#answered.set(place, (this.#answered.get(place) ?? 0) + 1);
    for (const fault of faults) if (fault.do === 'replay') this.#replays.keep(fault, webhook);
    return answer;
  }

  async aroundAttempt(
    webhook: OutgoingWebhook,
    attempt: number,
    send: Send,
  ): Promise<WebhookAnswer> {
    const faults = this.#faultsOf(webhook);
    const drop = faults.find((fault) => fault.do === 'drop');
    if (drop && attempt <= drop.attempts) return this.#drop(drop, webhook, attempt, send);
    const slow = faults.find((fault) => fault.do === 'slow-answer');
    const isSlow = slow && attempt <= (slow.attempts ?? attempt);
    return isSlow ? this.#slowly(slow, webhook, send) : send();
  }

  #faultsOf(webhook: OutgoingWebhook): readonly WebhookFault[] {
    if (webhook.callSid === undefined) return [];
    return this.#matcher.faultsOf(webhook, this.numberOf(webhook.callSid));
  }

  async #before(fault: WebhookFault, webhook: OutgoingWebhook): Promise<void> {
    if (fault.do === 'forge') await this.#forge(webhook, fault.how);
    if (fault.do === 'delay') {
      this.#note('delay', webhook, `${fault.ms} ms`);
      await sleepReal(fault.ms);
    }
    if (fault.do === 'hold-back') await this.#holdBack(fault, webhook);
  }

  async #holdBack(fault: FaultOf<'hold-back'>, webhook: OutgoingWebhook): Promise<void> {
    const place = placeOf(webhook);
    const enough = (this.#answered.get(place) ?? 0) + fault.past;
    const end = Date.now() + (fault.atMostMs ?? HOLD_BACK_MS);
    this.#note('hold-back', webhook, `past ${fault.past} later ones`);
    while ((this.#answered.get(place) ?? 0) < enough && Date.now() < end) await sleepReal(5);
  }

  async #duplicated(
    { copies, how }: FaultOf<'duplicate'>,
    webhook: OutgoingWebhook,
    send: Send,
  ): Promise<WebhookAnswer> {
    this.#note('duplicate', webhook, `${copies} more, ${how}`);
    if (how === 'together') {
      const sent = Array.from({ length: copies + 1 }, () => send());
      sent.forEach((each) => this.#inBackground(each));
      return firstGood(sent);
    }
    let answer = await send();
    for (let copy = 0; copy < copies; copy += 1) answer = await send();
    return answer;
  }

  async #drop(
    { what }: FaultOf<'drop'>,
    webhook: OutgoingWebhook,
    attempt: number,
    send: Send,
  ): Promise<WebhookAnswer> {
    this.#note('drop', webhook, `the ${what} of attempt ${attempt}`);
    if (what === 'request') return dropped();
    await send();
    return { ok: false, code: 11205, message: 'the connection broke off before the answer' };
  }

  /** The answer crawls along: beyond the read timeout Twilio has stopped waiting for it. */
  async #slowly(
    { ms }: FaultOf<'slow-answer'>,
    webhook: OutgoingWebhook,
    send: Send,
  ): Promise<WebhookAnswer> {
    const { policy } = parseOverrides(new URL(webhook.url).hash);
    const startedMs = performance.now();
    const answer = await send();
    const leftMs = policy.readTimeoutMs - (performance.now() - startedMs);
    this.#note('slow-answer', webhook, `${ms} ms`);
    await sleepReal(Math.min(ms, Math.max(0, leftMs)));
    if (ms <= leftMs) return answer;
    return { ok: false, code: 11205, message: 'no byte in the read timeout', retryClass: 'rt' };
  }

  async #forge(webhook: OutgoingWebhook, how: Forgery): Promise<void> {
    const requestId = randomUUID();
    this.#note('forge', { ...webhook, requestId }, how);
    await this.#client?.send({ ...forgeryOf(webhook, how), requestId });
  }

  #note(fault: string, at: { callSid?: string; requestId?: string }, detail: string): void {
    const { callSid, requestId } = at;
    this.#log.append({
      kind: 'fault',
      fault,
      detail,
      ...(callSid !== undefined && { callSid }),
      ...(requestId !== undefined && { requestId }),
    });
  }

  #inBackground(work: Promise<unknown>): void {
    this.#background.add(work);
    void work.finally(() => this.#background.delete(work));
  }
}

function placeOf({ callSid = '', purpose }: OutgoingWebhook): string {
  return `${callSid} ${purpose}`;
}

/** The first answer that Twilio can use; the last failure when there is none. */
async function firstGood(sent: readonly Promise<WebhookAnswer>[]): Promise<WebhookAnswer> {
  const good = sent.map(async (each) => {
    const answer = await each;
    if (!answer.ok) throw new Error('not this one');
    return answer;
  });
  return Promise.any(good).catch(async () => (await sent.at(-1)) ?? dropped());
}
