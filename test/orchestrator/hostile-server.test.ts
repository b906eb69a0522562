/** A model server that does harm: it gets no more than a request, and is read no further than a limit. */
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { LanguageModel } from '../../src/orchestrator/llm.ts';
import { MAX_TOOLS } from '../../src/orchestrator/providers/answer.ts';
import { MessageReader } from '../../src/orchestrator/providers/anthropic-messages.ts';
import { AnthropicModel } from '../../src/orchestrator/providers/anthropic.ts';
import { readEvents } from '../../src/orchestrator/providers/events.ts';
import { ChatReader } from '../../src/orchestrator/providers/openai-chat.ts';
import { OpenAiModel } from '../../src/orchestrator/providers/openai.ts';
import { modelFetch } from '../../src/orchestrator/providers/model-fetch.ts';
import { makeFetch } from '../../src/vendors/own-fetch.ts';
import { startHostileServer, type Attack, type HostileServer } from '../fakes/hostile-server.ts';
import { KEY, PROMPT } from './conformance.ts';
import { until } from './until.ts';

const servers: HostileServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(attack: Attack): Promise<HostileServer> {
  const server = await startHostileServer(attack);
  servers.push(server);
  return server;
}

const MODELS: [string, (server: HostileServer) => LanguageModel][] = [
  ['OpenAI', ({ origin: baseURL }) => new OpenAiModel({ apiKey: KEY, baseURL, model: 'asked' })],
  [
    'Anthropic',
    ({ origin: baseURL }) => new AnthropicModel({ apiKey: KEY, baseURL, model: 'asked' }),
  ],
];

function* endless(piece: string | Uint8Array): Generator<string | Uint8Array> {
  for (;;) yield piece;
}

const events = { 'content-type': 'text/event-stream' };
const json = { 'content-type': 'application/json' };
const packed = { ...json, 'content-encoding': 'gzip' };
/** A hundred MB in a hundred kB. */
const bomb = () => [gzipSync(Buffer.alloc(100_000_000, 0x20))];

describe.each(MODELS)('%s', (_name, modelOf) => {
  const complete = (server: HostileServer) =>
    modelOf(server).complete(PROMPT, { signal: AbortSignal.timeout(15_000) });

  test.each([301, 302, 307, 308])(
    'a redirect (%i) takes neither words nor key along',
    async (status) => {
      const other = await start({ body: ['{}'] });
      const server = await start({ status, headers: { location: other.origin }, body: [] });
      await expect(complete(server)).rejects.toMatchObject({ kind: 'refused', retryable: false });
      await expect(modelOf(server).ready(AbortSignal.timeout(5_000))).rejects.toMatchObject({
        kind: 'refused',
      });
      expect(server.requests).toHaveLength(2);
      expect(other.requests).toHaveLength(0);
    },
  );

  test.each<[string, Attack, string]>([
    [
      'a stream of comments',
      { headers: events, body: endless(': hello\n\n'.repeat(500)) },
      'bad-answer',
    ],
    [
      'a stream of one event',
      { headers: events, body: endless('data\n'.repeat(1_000)) },
      'bad-answer',
    ],
    ['a stream of one line', { headers: events, body: endless('x'.repeat(10_000)) }, 'bad-answer'],
    ['an answer', { headers: json, body: endless(' '.repeat(10_000)) }, 'bad-answer'],
    ['an error', { status: 500, headers: json, body: endless(' '.repeat(10_000)) }, 'unavailable'],
    ['a redirect', { status: 307, headers: json, body: endless(' '.repeat(10_000)) }, 'refused'],
  ])('%s without end is not read to its end', async (_what, attack, kind) => {
    const server = await start(attack);
    await expect(complete(server)).rejects.toMatchObject({ kind });
    await until(() => server.open() === 0);
  });

  test.each<[string, Attack, string]>([
    ['an answer', { headers: packed, body: bomb() }, 'bad-answer'],
    ['an error', { status: 503, headers: packed, body: bomb() }, 'unavailable'],
  ])('%s that is packed in a hundred kB fills no memory', async (_what, attack, kind) => {
    const server = await start(attack);
    await expect(complete(server)).rejects.toMatchObject({ kind });
    expect(server.requests[0]?.headers['accept-encoding']).toBe('identity');
  });
});

describe('a fetch', () => {
  const read = async (response: Response) => (await response.text()).length;

  test('reads 4 MB of an answer and fails, and 64 kB of an error and is content', async () => {
    const answer = await start({ body: endless('x'.repeat(10_000)) });
    await expect(modelFetch(answer.origin).then(read)).rejects.toMatchObject({
      kind: 'bad-answer',
    });
    const error = await start({ status: 500, body: endless('x'.repeat(10_000)) });
    expect(await modelFetch(error.origin).then(read)).toBe(64_000);
    const packedAnswer = await start({ headers: packed, body: bomb() });
    await expect(modelFetch(packedAnswer.origin).then(read)).rejects.toMatchObject({
      kind: 'bad-answer',
    });
  });

  test('keeps its connection for the next turn, and no longer than it is told', async () => {
    const server = await start({ body: ['Hello.'] });
    const turn = async (send: typeof fetch) => {
      const length = await send(server.origin).then(read);
      await setImmediate(); // a connection is free when the loop has gone round
      return length;
    };
    for (let count = 0; count < 3; count += 1) expect(await turn(modelFetch)).toBe(6);
    expect(new Set(server.requests.map(({ connection }) => connection)).size).toBe(1);
    const brief = makeFetch({ keepAliveMs: 20 });
    await turn(brief);
    // Only the connection of the brief one is given up.
    await until(() => server.open() === 1);
    await turn(modelFetch);
    await turn(brief);
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 1, 1, 2, 1, 3]);
  });
});

describe('events', () => {
  const bodyOf = (text: string, size: number) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        const bytes = new TextEncoder().encode(text);
        for (let at = 0; at < bytes.length; at += size) {
          controller.enqueue(bytes.subarray(at, at + size));
        }
        controller.close();
      },
    });
  async function read(text: string, size: number): Promise<string[]> {
    const data: string[] = [];
    await readEvents(bodyOf(text, size), (event) => {
      data.push(event.data);
      return 'more';
    });
    return data;
  }

  test.each([1, 2, 3, 4, 1_000])('are the same in chunks of %i bytes', async (size) => {
    const text = 'data: ä\r\ndata: b\r\n\r\ndata: c\rdata: d\r\rdata\n\n: x\ndata: e\n\ndata: f\r';
    expect(await read(text, size)).toEqual(['ä\nb', 'c\nd', '', 'e', 'f']);
  });

  test('of which one has many lines are read in time that grows with it', async () => {
    for (const line of ['data\n', 'data: x\n', `data: ${'x'.repeat(900_000)}\n`]) {
      const text = line.repeat(Math.ceil(900_000 / line.length));
      const before = performance.now();
      expect(await read(`${text}\n`, 50)).toHaveLength(1);
      expect(performance.now() - before).toBeLessThan(2_000);
    }
  });

  test('with more than a million characters are none, however empty its lines are', async () => {
    await expect(read('data\n'.repeat(200_001), 50_000)).rejects.toMatchObject({
      kind: 'bad-answer',
    });
  });
});

describe('what a server names and counts', () => {
  const chat = (...chunks: object[]) => {
    const reader = new ChatReader({});
    for (const chunk of chunks) reader.take({ name: '', data: JSON.stringify(chunk) });
    return reader.streamed();
  };
  const delta = (each: object) => ({ choices: [{ delta: each }] });
  const stop = { choices: [{ delta: {}, finish_reason: 'stop' }] };

  test.each([
    ['m'.repeat(201), undefined],
    ['m'.repeat(2_000_000), undefined],
    ['m'.repeat(200), 'm'.repeat(200)],
    ['gpt\u0000-\u001b[31m9\u2028\u202e', 'gpt-[31m9'],
    ['\u0007', undefined],
    [7, undefined],
  ])('the name of a model is short and plain (%#)', (model, name) => {
    const whole = { model, choices: [{ message: { content: 'Hi.' } }] };
    expect(new ChatReader({}).whole(whole).model).toBe(name);
    const message = { model, content: [{ type: 'text', text: 'Hi.' }] };
    expect(new MessageReader({}).whole(message).model).toBe(name);
    if (typeof model === 'string' && model.length > 1_000_000) return;
    expect(chat({ model, ...delta({ content: 'Hi.' }) }, stop).model).toBe(name);
    const reader = new MessageReader({});
    const data = JSON.stringify({ type: 'message_start', message: { model } });
    reader.take({ name: '', data });
    reader.take({ name: '', data: '{"type":"message_delta","delta":{"stop_reason":"end_turn"}}' });
    expect(reader.streamed().model).toBe(name);
  });

  test('a model with an absurd name is called by the one that was asked for', async () => {
    const whole = { model: 'm'.repeat(1_000), choices: [{ message: { content: 'Hi.' } }] };
    const server = await start({ headers: json, body: [JSON.stringify(whole)] });
    const [, modelOf] = MODELS[0] ?? [];
    const signal = AbortSignal.timeout(5_000);
    expect(await modelOf?.(server).complete(PROMPT, { signal })).toMatchObject({ model: 'asked' });
  });

  test('refusals and calls of tools are bounded in length and number', () => {
    const refusals = Array.from({ length: 100 }, () => delta({ refusal: 'no '.repeat(1_000) }));
    expect(chat(...refusals, stop).text.length).toBeLessThanOrEqual(20_000);
    const call = (index: number) => ({
      index,
      function: { name: 'n'.repeat(150), arguments: 'a' },
    });
    const calls = Array.from({ length: 1_000 }, (_, at) => delta({ tool_calls: [call(at)] }));
    expect(chat(...calls, stop).tools).toHaveLength(MAX_TOOLS);
    const pieces = Array.from({ length: 50 }, () => delta({ tool_calls: [call(0)] }));
    expect(chat(...pieces, stop).tools[0]?.name).toHaveLength(200);
    const long = { index: 0, function: { arguments: 'a'.repeat(90_000) } };
    expect(chat(delta({ tool_calls: [long] }), stop).tools[0]?.input).toHaveLength(20_000);
  });

  test("Anthropic's calls of tools are bounded, too", () => {
    const reader = new MessageReader({});
    const take = (event: object) => reader.take({ name: '', data: JSON.stringify(event) });
    for (let index = 0; index < 1_000; index += 1) {
      take({ type: 'content_block_start', index, content_block: { type: 'tool_use', name: 'n' } });
    }
    const partial = { type: 'input_json_delta', partial_json: 'a'.repeat(90_000) };
    take({ type: 'content_block_delta', index: 0, delta: partial });
    take({ type: 'message_delta', delta: { stop_reason: 'tool_use' } });
    const { tools } = reader.streamed();
    expect(tools).toHaveLength(MAX_TOOLS);
    expect(tools[0]?.input).toHaveLength(20_000);
  });

  test('more tokens than any model can read are not counted', () => {
    const usage = (prompt: number) => ({ usage: { prompt_tokens: prompt, completion_tokens: 1 } });
    const words = delta({ content: 'Hi.' });
    expect(chat(words, usage(5), stop).tokens).toEqual({ prompt: 5, completion: 1 });
    expect(chat(words, usage(3_000_000_000), stop).tokens).toBeUndefined();
  });
});
