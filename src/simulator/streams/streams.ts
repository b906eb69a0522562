/** The media streams of a simulator. Streams run in real time: no time scale and no fast forward. */
import type { TwimlDocument } from '../answer-document.ts';
import type { CallState } from '../call-state.ts';
import { newSid } from '../ids.ts';
import { resolveUrl } from '../document-source.ts';
import type { Line } from '../line.ts';
import type { TruthLog } from '../truth-log.ts';
import type { WebhookClient } from '../webhook-client.ts';
import { CallerVoice } from './caller-voice.ts';
import type { VoiceEngine } from './caller-voice.ts';
import { openSocket, STREAM_ERRORS } from './open-socket.ts';
import { StreamSession } from './stream-session.ts';
import { openStrayStream } from './stray-stream.ts';
import type { StrayOrder, StrayStream } from './stray-stream.ts';
import { Ticker } from './ticker.ts';

export interface StreamsOptions {
  authToken: string;
  log: TruthLog;
  client: WebhookClient;
  ca: string | undefined;
  recordTo: string | undefined;
  voice: VoiceEngine | undefined;
}

/** `<Connect><Stream>`, as it was read. */
export interface StreamOrder {
  /** As it stands in the document. */
  url: string;
  name: string | undefined;
  parameters: Readonly<Record<string, string>>;
  statusCallback: { url: string; method: 'GET' | 'POST' } | undefined;
}

/** Whose stream it is. */
export interface StreamOwner {
  call: CallState;
  line: Line;
  /** What its URLs are relative to. */
  document: TwimlDocument;
  /** The call goes elsewhere: `ended`, `redirected`. */
  signal: AbortSignal;
}

export class Streams {
  readonly voice: CallerVoice;
  readonly #options: StreamsOptions;
  readonly #ticker = new Ticker();
  readonly #counts = new Map<string, number>();
  readonly #running = new Set<Promise<void>>();

  constructor(options: StreamsOptions) {
    this.#options = options;
    this.voice = new CallerVoice(options.voice);
  }

  /** Opens the stream and carries it to its end; what goes wrong is logged. Never rejects. */
  run(order: StreamOrder, owner: StreamOwner): Promise<void> {
    const running = this.#run(order, owner);
    this.#running.add(running);
    return running.finally(() => this.#running.delete(running));
  }

  /** Settles when every stream is over and its recording written. */
  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #run(order: StreamOrder, owner: StreamOwner): Promise<void> {
    const { log, authToken, ca, recordTo } = this.#options;
    const { call, line, signal } = owner;
    const url = wireUrl(order.url);
    if (typeof url !== 'string') return this.#failed(order, owner, url);
    const streamSid = newSid('MZ');
    const { parameters } = order;
    log.append({
      kind: 'stream',
      callSid: call.sid,
      streamSid,
      state: 'connecting',
      url,
      parameters,
    });
    const opened = await openSocket({ url, signWith: authToken, ca, signal });
    if (!opened.ok) {
      const by = signal.aborted ? (signal.reason as 'ended' | 'redirected') : 'twilio';
      log.append({ kind: 'stream', callSid: call.sid, streamSid, state: 'over', url, by });
      if (!signal.aborted) this.#failed(order, owner, opened, streamSid);
      return;
    }
    const { socket } = opened;
    const number = (this.#counts.get(call.sid) ?? 0) + 1;
    this.#counts.set(call.sid, number);
    const session = new StreamSession({
      ...{ call, line, log, socket, streamSid, url, parameters, recordTo },
      voice: this.voice,
      ticker: this.#ticker,
      recordAs: `${call.sid}-${number}`,
    });
    this.#tell(order, owner, streamSid, 'stream-started');
    await session.run(signal);
    this.#tell(order, owner, streamSid, 'stream-stopped');
  }

  /** A stream that belongs to no call: what an attacker, or a confused network, might open. */
  stray(order: StrayOrder): Promise<StrayStream> {
    return openStrayStream({ signWith: this.#options.authToken, ca: this.#options.ca, ...order });
  }

  #failed(
    order: StreamOrder,
    owner: StreamOwner,
    { code, message }: { code: number; message: string },
    streamSid = '',
  ): void {
    const { sid } = owner.call;
    const { log } = this.#options;
    log.append({ kind: 'error', callSid: sid, level: 'error', code, message, url: order.url });
    this.#tell(order, owner, streamSid, 'stream-error', message);
  }

  #tell(
    { statusCallback, name = '' }: StreamOrder,
    { call, document }: StreamOwner,
    streamSid: string,
    event: string,
    error?: string,
  ): void {
    if (!statusCallback) return;
    const { accountSid } = call.identity;
    void this.#options.client.sendCallback({
      callSid: call.sid,
      purpose: 'stream',
      method: statusCallback.method,
      url: resolveUrl(statusCallback.url, document),
      fields: [
        ['AccountSid', accountSid],
        ['CallSid', call.sid],
        ['StreamSid', streamSid],
        ['StreamName', name],
        ['StreamEvent', event],
        ...(error === undefined ? [] : ([['StreamError', error]] as const)),
        ['Timestamp', new Date().toISOString()],
      ],
    });
  }
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * The URL without what Twilio strips from it. Only wss, as with Twilio, or ws to this very machine.
 */
function wireUrl(text: string): string | { code: number; message: string } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) return { code: STREAM_ERRORS.url, message: 'not a URL' };
  const isAllowed =
    url.protocol === 'wss:' || (url.protocol === 'ws:' && LOOPBACK.test(url.hostname));
  if (!isAllowed) return { code: STREAM_ERRORS.scheme, message: 'the URL must begin with wss' };
  const bare = text.trim().replace(/[?#].*$/s, '');
  // Without a path it is asked for, and signed, with a slash.
  return url.pathname === '/' && !bare.endsWith('/') ? `${bare}/` : bare;
}
