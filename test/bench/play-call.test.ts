/** Calls played against a real HTTP server that checks them as Twilio's customers do. */
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import twilio from 'twilio';
import { measureHttp } from '../../src/bench/http-baseline.ts';
import { fieldsOf, playCall } from '../../src/bench/play-call.ts';
import { Samples } from '../../src/bench/samples.ts';
import { TwilioClient } from '../../src/bench/twilio-client.ts';
import { renderListen } from '../../src/twilio/twiml.ts';
import { createUrls } from '../../src/twilio/urls.ts';

const authToken = 'a-token-of-the-tests';
const callSid = `CA${'1'.repeat(32)}`;
const callId = `call_${'a'.repeat(43)}`;
const caller = {
  callSid,
  accountSid: `AC${'0'.repeat(32)}`,
  from: '+15550001',
  to: '+15550002',
  line: 0,
};

interface Seen {
  path: string;
  params: Record<string, string>;
  isSigned: boolean;
  port: number | undefined;
}

let server: Server;
let client: TwilioClient;
let seen: Seen[];
/** What the server does with a request; by default it is a good assistant. */
let respond: (request: Seen, response: ServerResponse) => void;

const base = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

function goodAnswer({ path, params }: Seen, response: ServerResponse): void {
  if (path === '/call/status') return void response.writeHead(204).end();
  const turn = Number(new URL(path, base()).searchParams.get('turn') ?? 0);
  const say = turn === 0 ? 'Hello.' : `You said: ${params['SpeechResult']}`;
  const listen = { keys: true, timeoutSeconds: 5, speechTimeout: 'auto' as const, hints: [] };
  const spoken = { say, voice: { language: 'en-US' } };
  const ref = { callSid, callId };
  response.setHeader('Content-Type', 'text/xml');
  response.end(renderListen(spoken, listen, String(turn + 1), ref, createUrls(base())));
}

beforeEach(async () => {
  seen = [];
  respond = goodAnswer;
  client = new TwilioClient({ authToken, connections: 2 });
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      const path = request.url ?? '';
      const params = Object.fromEntries(new URLSearchParams(body));
      const signature = String(request.headers['x-twilio-signature']);
      const isSigned = twilio.validateRequest(authToken, signature, base() + path, params);
      const entry = { path, params, isSigned, port: request.socket.remotePort };
      seen.push(entry);
      respond(entry, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  client.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function play(turns = 3): Promise<Samples> {
  const samples = new Samples();
  const plan = { urls: createUrls(base()), greeting: 'Hello.', turns, pauseMs: 0 };
  await playCall(client, samples, caller, { ...plan, replyTo: (words) => `You said: ${words}` });
  return samples;
}

describe('a call that is played', () => {
  test('begins, follows the action of each answer, and ends with the status callback', async () => {
    const samples = await play();
    const speech = `/process_speech/${callSid}?call=${callId}`;
    expect(seen.map(({ path }) => path)).toEqual([
      '/webhook/voice',
      `${speech}&turn=1`,
      `${speech}&turn=2`,
      `${speech}&turn=3`,
      '/call/status',
    ]);
    expect(seen.map(({ params }) => params['CallStatus'])).toEqual([
      'ringing',
      'in-progress',
      'in-progress',
      'in-progress',
      'completed',
    ]);
    const { first, turn, status } = samples.figures();
    expect([first.count, turn.count, status.count, samples.errors]).toEqual([1, 3, 1, 0]);
  });

  test('is signed so that the official library accepts it, over one connection', async () => {
    await play();
    expect(seen.every(({ isSigned }) => isSigned)).toBe(true);
    expect(new Set(seen.map(({ port }) => port)).size).toBe(1);
  });

  test('says something else in every turn', async () => {
    await play();
    const words = seen.flatMap(({ params }) => params['SpeechResult'] ?? []);
    expect(new Set(words).size).toBe(3);
  });

  test('counts an answer to other words as an error, and hangs up', async () => {
    respond = (request, response) =>
      goodAnswer(
        request.path.includes('turn=2') ? { ...request, params: { SpeechResult: 'x' } } : request,
        response,
      );
    const samples = await play();
    expect(samples.problems()).toEqual(['1 × turn: other words']);
    expect(samples.figures().turn).toMatchObject({ count: 2, errors: 1 });
    expect(seen.at(-1)?.path).toBe('/call/status');
  });

  test('counts a cut connection, with the time until then, and a status that is not taken', async () => {
    respond = ({ path }, response) => {
      if (path === '/call/status') response.writeHead(503).end();
      else response.socket?.destroy();
    };
    const samples = await play();
    expect(samples.problems()).toEqual([
      '1 × first: no answer (ECONNRESET)',
      '1 × status: HTTP status 503',
    ]);
    expect(samples.figures().first).toMatchObject({ count: 1, errors: 1 });
  });
});

describe('the baseline of HTTP alone', () => {
  test('takes the time of each request after the warm-up', async () => {
    const fields = fieldsOf(caller, 'ringing');
    const timesMs = await measureHttp(client, { fields, twiml: '<Response/>', count: 20 });
    expect(timesMs).toHaveLength(20);
    expect(Math.min(...timesMs)).toBeGreaterThan(0);
  });
});
