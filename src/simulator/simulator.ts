/**
 * The simulated Twilio: REST, webhooks, TwiML and telephones, written from Twilio's documented
 * behaviour alone. A test instrument for applications that talk to Twilio.
 */
import { Account } from './account.ts';
import type { DialOptions, OutboundHandler } from './account.ts';
import { createClock, sleepReal } from './clock.ts';
import { FaultInjector } from './faults/fault-injector.ts';
import type { FaultScript } from './faults/fault-script.ts';
import { forge, replay, sendStatus } from './forgery.ts';
import type { ForgedRequest, StatusForgery } from './forgery.ts';
import { newSid } from './ids.ts';
import { NumberStore } from './number-store.ts';
import type { NumberConfig } from './number-store.ts';
import type { Phone } from './phone.ts';
import { startRestServer } from './rest-server.ts';
import type { VoiceEngine } from './streams/caller-voice.ts';
import { Streams } from './streams/streams.ts';
import type { StrayOrder, StrayStream } from './streams/stray-stream.ts';
import { TruthLog } from './truth-log.ts';
import type { EntryOf } from './truth-log.ts';
import { WebhookClient } from './webhook-client.ts';
import type { WebhookAnswer, WebhookTap } from './webhook-tap.ts';

export interface SimulatorOptions {
  /** 127.0.0.1 by default. */
  host?: string;
  /** 0, the default, takes a free one. */
  port?: number;
  accountSid?: string;
  authToken: string;
  apiKeys?: readonly { sid: string; secret: string }[];
  numbers: readonly NumberConfig[];
  /** JSON Lines are appended here. */
  truthLogPath?: string;
  /**
   * Real seconds per second of call time: pauses, timeouts of Gather, ringing. 1 by default. Streams
   * always run in real time.
   */
  timeScale?: number;
  /** Call time that speech takes; 60 by default, 0 to hear everything at once. */
  msPerCharacter?: number;
  /**
   * Skips waits whose outcome is certain because the handset said what it does: the pause that
   * ends speech, the wait for more keys, a silence declared with `staySilent`. Off by default.
   */
  fastForward?: boolean;
  /** Outbound calls that leave the queue per second; unlimited by default. */
  callsPerSecond?: number;
  tap?: WebhookTap;
  /** What goes wrong on purpose; comes before the tap. */
  faults?: FaultScript;
  /** A folder for WAV files of every stream: what was heard, and what was said. */
  recordTo?: string;
  /** What speaks for the caller on streams; by default the first that is found on this machine. */
  callerVoice?: VoiceEngine;
  /** A certificate authority (PEM) to trust for webhooks over https, and streams over wss. */
  webhookCa?: string;
}

export interface Simulator {
  readonly baseUrl: string;
  readonly accountSid: string;
  readonly numbers: NumberStore;
  readonly log: TruthLog;
  /** Calls one of the account's numbers. */
  dial(options: DialOptions): Phone;
  /** Called with the phone of every outbound call that begins to ring; returns how to stop. */
  onOutboundCall(handler: OutboundHandler): () => void;
  /** The phone of a call, by its SID. */
  phone(callSid: string): Phone | undefined;
  /** Sends a call's subscriber a status callback, true or not. */
  sendStatus(callSid: string, status: StatusForgery): Promise<WebhookAnswer>;
  /** Sends a logged request once more, the same to the byte. */
  replay(entry: EntryOf<'request'>): Promise<WebhookAnswer>;
  /** Opens a media stream that belongs to no call. */
  strayStream(order: StrayOrder): Promise<StrayStream>;
  /** Makes the audio of these words now, so that they can be said on a stream without delay. */
  prepareWords(...texts: readonly string[]): Promise<void>;
  /** What speaks for callers on streams, once it has spoken. */
  readonly callerVoice: VoiceEngine | undefined;
  /** Sends any request: unsigned, or signed by someone else. */
  forge(request: ForgedRequest): Promise<WebhookAnswer>;
  /** Carries out the fault script, when there is one. */
  readonly faults: FaultInjector | undefined;
  /** Hangs up every call, lets their last callbacks go out, and stops listening. */
  close(): Promise<void>;
}

const REALISTIC_MS_PER_CHARACTER = 60;
const LAST_CALLBACKS_MS = 2_000;

export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { host = '127.0.0.1', authToken, apiKeys = [] } = options;
  const accountSid = options.accountSid ?? newSid('AC');
  const log = new TruthLog(options.truthLogPath);
  const numbers = new NumberStore(options.numbers);
  const faults = options.faults && new FaultInjector(options.faults, log);
  const tap = bothTaps(faults, options.tap);
  const client = new WebhookClient({ authToken, log, tap, ca: options.webhookCa });
  const streams = new Streams({
    ...{ authToken, log, client },
    ca: options.webhookCa,
    recordTo: options.recordTo,
    voice: options.callerVoice,
  });
  const account = new Account({
    accountSid,
    numbers,
    log,
    client,
    streams,
    clock: createClock(options.timeScale ?? 1),
    callsPerSecond: options.callsPerSecond ?? Number.POSITIVE_INFINITY,
    settings: {
      msPerCharacter: options.msPerCharacter ?? REALISTIC_MS_PER_CHARACTER,
      fastForward: options.fastForward ?? false,
    },
  });
  faults?.attach(client, (callSid) => account.call(callSid)?.phone.hangUp());
  const place = { host, port: options.port ?? 0 };
  const server = await startRestServer(account, { accountSid, authToken, apiKeys }, place);
  return {
    baseUrl: `http://${host.includes(':') ? `[${host}]` : host}:${server.port}`,
    accountSid,
    numbers,
    log,
    dial: (dialOptions) => account.dial(dialOptions),
    onOutboundCall: (handler) => account.onOutboundCall(handler),
    phone: (callSid) => account.call(callSid)?.phone,
    sendStatus: (callSid, status) => sendStatus(account, callSid, status),
    strayStream: (order) => streams.stray(order),
    get callerVoice() {
      return streams.voice.engine;
    },
    async prepareWords(...texts) {
      await Promise.all(texts.map((text) => streams.voice.speak(text)));
    },
    replay: (entry) => replay(client, entry),
    forge: (request) => forge(client, request),
    faults,
    async close() {
      faults?.stop();
      account.close();
      await server.close();
      await streams.idle();
      const patience = new AbortController();
      const idle = Promise.all([client.idle(), faults?.settle()]).then(() => patience.abort());
      await Promise.race([idle, sleepReal(LAST_CALLBACKS_MS, patience.signal)]);
      log.close();
    },
  };
}

/** The outer one decides what reaches the inner one. */
function bothTaps(outer: WebhookTap | undefined, inner: WebhookTap | undefined) {
  if (!outer || !inner) return outer ?? inner;
  const both: Required<WebhookTap> = {
    aroundWebhook: (webhook, send) => {
      const within = () => inner.aroundWebhook?.(webhook, send) ?? send();
      return outer.aroundWebhook?.(webhook, within) ?? within();
    },
    aroundAttempt: (webhook, attempt, send) => {
      const within = () => inner.aroundAttempt?.(webhook, attempt, send) ?? send();
      return outer.aroundAttempt?.(webhook, attempt, within) ?? within();
    },
  };
  return both;
}
