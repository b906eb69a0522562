/** The HTTP application on a real socket, in front of a gateway that answers from a script. */
import { Agent, request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import twilio from 'twilio';
import type { Answer, WebhookCall } from '../../src/call-gateway.ts';
import { buildApp } from '../../src/http/app.ts';
import type { AppOptions } from '../../src/http/app.ts';
import type { Gateway } from '../../src/http/twilio-hooks.ts';
import { inboundCallId } from '../../src/ids.ts';
import { createLogger } from '../../src/log.ts';
import { parseTwiml } from '../../src/simulator/twiml-parse.ts';
import type { TwimlElement } from '../../src/simulator/twiml-parse.ts';
import { createUrls } from '../../src/twilio/urls.ts';
import type { Heard, StatusSignal, Step } from '../../workflows/contract.ts';

export const TOKEN = '0123456789abcdef0123456789abcdef';
export const BASE = 'https://voice.example.com';
export const ACCOUNT_SID = `AC${'1'.repeat(32)}`;
export const CALL_SID = `CA${'2'.repeat(32)}`;
export const INBOUND_ID = inboundCallId(ACCOUNT_SID, CALL_SID);
export const OUTBOUND_ID = `call_${'0V'.repeat(13)}`;

export const FIELDS: Readonly<Record<string, string>> = {
  CallSid: CALL_SID,
  AccountSid: ACCOUNT_SID,
  From: '+15005550006',
  To: '+15005550001',
  CallStatus: 'in-progress',
  Direction: 'inbound',
  ApiVersion: '2010-04-01',
  FromCity: '',
};
export const OUTBOUND_FIELDS = { ...FIELDS, Direction: 'outbound-api' };

/** What the gateway was asked, as data. */
export type Asked =
  | { ask: 'begin' | 'resume'; call: WebhookCall }
  | { ask: 'hear'; call: WebhookCall; key: string; heard: Heard }
  | { ask: 'waitFor'; call: WebhookCall; key: string; round: number }
  | { ask: 'reconnect'; call: WebhookCall; stream: number }
  | { ask: 'status'; callId: string; status: StatusSignal };

export type Script = (asked: Asked) => Answer | boolean | Promise<Answer | boolean>;

export class FakeGateway implements Gateway {
  readonly asked: Asked[] = [];
  script: Script;

  constructor(script: Script = () => ({ kind: 'step', step: listenStep('Hello.') })) {
    this.script = script;
  }

  begin = (call: WebhookCall) => this.#answer({ ask: 'begin', call });
  resume = (call: WebhookCall) => this.#answer({ ask: 'resume', call });
  hear = (call: WebhookCall, key: string, heard: Heard) =>
    this.#answer({ ask: 'hear', call, key, heard });
  waitFor = (call: WebhookCall, key: string, round: number) =>
    this.#answer({ ask: 'waitFor', call, key, round });

  reconnect = (call: WebhookCall, stream: number) =>
    this.#answer({ ask: 'reconnect', call, stream });

  async status(callId: string, status: StatusSignal): Promise<boolean> {
    this.asked.push({ ask: 'status', callId, status });
    return (await this.script({ ask: 'status', callId, status })) !== false;
  }

  async #answer(asked: Asked): Promise<Answer> {
    this.asked.push(asked);
    return (await this.script(asked)) as Answer;
  }
}

export function listenStep(say: string, key = '1'): Step {
  return {
    say,
    voice: { language: 'en-US' },
    next: {
      kind: 'listen',
      key,
      listen: { keys: true, timeoutSeconds: 5, speechTimeout: 'auto', hints: [] },
    },
  };
}

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Sent {
  method?: string;
  /** Path and query as they go over the wire. */
  target: string;
  /** The form: text as it is sent, or its fields. */
  form?: string | Readonly<Record<string, string>>;
  headers?: OutgoingHttpHeaders;
}

export interface Server {
  app: FastifyInstance;
  gateway: FakeGateway;
  port: number;
  /** Everything that was logged. */
  logged(): string;
  send(sent: Sent): Promise<Reply>;
  /** As Twilio sends it: by POST in the body, by GET in the query; signed over the public URL. */
  twilio(
    method: string,
    path: string,
    fields?: Readonly<Record<string, string>>,
    more?: { base?: string; headers?: OutgoingHttpHeaders },
  ): Promise<Reply>;
  close(): Promise<void>;
}

export async function startApp(
  more: Partial<AppOptions> & { base?: string } = {},
): Promise<Server> {
  const { base = BASE, ...options } = more;
  const gateway = new FakeGateway();
  const lines = new PassThrough();
  const chunks: Buffer[] = [];
  lines.on('data', (chunk: Buffer) => chunks.push(chunk));
  const app = buildApp({
    gateway,
    account: { authToken: TOKEN, webhookUrl: base },
    urls: createUrls(base, { token: ({ stream, until }) => `token-${stream}-${until}` }),
    readiness: async () => [],
    log: createLogger({ level: 'trace', role: 'api', destination: lines }),
    ...options,
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true, maxSockets: 50 });
  const send = (sent: Sent) => exchange(port, agent, sent);
  return {
    app,
    gateway,
    port,
    logged: () => Buffer.concat(chunks).toString(),
    send,
    twilio: (method, path, fields = FIELDS, { base: signedBase = base, headers = {} } = {}) =>
      send(signed(method, path, fields, signedBase, headers)),
    close: async () => {
      agent.destroy();
      await app.close();
    },
  };
}

/** A request as Twilio makes it. */
export function signed(
  method: string,
  path: string,
  fields: Readonly<Record<string, string>> = FIELDS,
  base: string = BASE,
  headers: OutgoingHttpHeaders = {},
): Sent & { headers: OutgoingHttpHeaders } {
  if (method === 'POST') {
    const signature = signatureOf(base + path, fields);
    return { method, target: path, form: fields, headers: { ...signature, ...headers } };
  }
  const query = new URLSearchParams(fields).toString();
  const target = `${path}${path.includes('?') ? '&' : '?'}${query}`;
  return { method, target, headers: { ...signatureOf(base + target), ...headers } };
}

export function signatureOf(
  url: string,
  fields: Readonly<Record<string, string | string[]>> = {},
  token: string = TOKEN,
): { 'X-Twilio-Signature': string } {
  return { 'X-Twilio-Signature': twilio.getExpectedTwilioSignature(token, url, fields) };
}

function exchange(port: number, agent: Agent, sent: Sent): Promise<Reply> {
  const { method = 'POST', target, form, headers = {} } = sent;
  const body =
    form === undefined || typeof form === 'string' ? form : new URLSearchParams(form).toString();
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: '127.0.0.1',
        port,
        agent,
        method,
        path: target,
        headers: {
          ...(body !== undefined && {
            'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8',
            'Content-Length': Buffer.byteLength(body),
          }),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** The verbs of an answer; fails when Twilio could not read it. */
export function verbsOf(reply: Reply): TwimlElement[] {
  if (reply.headers['content-type'] !== 'text/xml; charset=utf-8') {
    throw new Error(`not TwiML but ${reply.headers['content-type']}`);
  }
  if (Buffer.byteLength(reply.body) > 64_000) throw new Error('larger than Twilio takes');
  const parsed = parseTwiml(reply.body);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.verbs.filter((verb) => typeof verb !== 'string');
}

/** The names of the verbs, nested ones behind their parent's. */
export function verbNames(verbs: readonly TwimlElement[]): string[] {
  return verbs.flatMap(({ name, children }) => [
    name,
    ...verbNames(children.filter((child) => typeof child !== 'string')),
  ]);
}

/** What is said in an answer. */
export function saidIn(verbs: readonly TwimlElement[]): string[] {
  return verbs.flatMap(({ name, children }) =>
    name === 'Say'
      ? [children.filter((child) => typeof child === 'string').join('')]
      : saidIn(children.filter((child) => typeof child !== 'string')),
  );
}

/** Where an answer sends Twilio next: its Redirect, or its Gather's action. */
export function nextUrl(verbs: readonly TwimlElement[]): string | undefined {
  for (const { name, attributes, children } of verbs) {
    if (name === 'Redirect') return children.filter((child) => typeof child === 'string').join('');
    if (name === 'Gather') return attributes['action'];
  }
  return undefined;
}

/** The path and query of one of our URLs, as Twilio requests it: the fragment stays at home. */
export function targetOf(url: string, base: string = BASE): string {
  if (!url.startsWith(`${base}/`)) throw new Error('not below the public base URL');
  return url.slice(base.length).split('#', 1)[0] ?? '';
}

/** The routes that hold a caller, as Twilio reaches each of them. */
export const ANSWERING: readonly (readonly [path: string, fields: Record<string, string>])[] = [
  ['/webhook/voice', FIELDS],
  [`/outbound?call=${OUTBOUND_ID}`, OUTBOUND_FIELDS],
  [`/process_speech/${CALL_SID}?call=${INBOUND_ID}&turn=3`, FIELDS],
  [`/process_speech/${CALL_SID}?call=${OUTBOUND_ID}&turn=3-2`, OUTBOUND_FIELDS],
  [`/process_speech/${CALL_SID}?call=${INBOUND_ID}&turn=3&wait=2`, FIELDS],
  [`/process_speech/${CALL_SID}?call=${INBOUND_ID}&wait=1`, FIELDS],
  [`/call/connect?call=${INBOUND_ID}&stream=2`, FIELDS],
  [`/call/connect?call=${OUTBOUND_ID}&stream=1&wait=1`, OUTBOUND_FIELDS],
  ['/webhook/fallback', FIELDS],
  [`/webhook/fallback?call=${OUTBOUND_ID}`, OUTBOUND_FIELDS],
];
export const ROUTES = [...ANSWERING, [`/call/status?call=${INBOUND_ID}`, FIELDS]] as const;
export const METHODS = ['POST', 'GET'] as const;
