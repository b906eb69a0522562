/**
 * What every model has to do: `anyModel` for all of them, `aLanguageModel` for those that have a
 * vendor, run against the model's own client and a fake of the vendor over real HTTP.
 */
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ModelError, type LanguageModel, type Prompt } from '../../src/orchestrator/llm.ts';
import type { Behaviour, FakeModelServer } from '../fakes/model-behaviour.ts';
import { makeCall } from './make-call.ts';
import { orchestratorOf } from './scripted-model.ts';
import { streamsAnswers } from './streaming/conformance.ts';
import { until } from './until.ts';

export const KEY = 'sk-secret-key-of-the-test';

export const PROMPT: Prompt = {
  system: 'Be kind.',
  messages: [
    { role: 'assistant', content: 'Hello.' },
    { role: 'user', content: 'the number is 1234' },
    { role: 'user', content: '[the caller pressed 5]' },
    { role: 'assistant', content: 'Yes?' },
    { role: 'user', content: ' ' },
  ],
  call: {
    startedAt: '2026-11-24T11:00:00Z',
    timeZone: 'UTC',
    language: 'en-US',
    apology: 'Sorry.',
  },
};

export interface Subject {
  start(): Promise<FakeModelServer>;
  /** A client of its own for each test. */
  model(fake: FakeModelServer): LanguageModel;
  /** The lines that the vendor got, of one of its requests. */
  linesOf(body: unknown): { role: string; content: string }[];
  /** Statuses with which the list of models still means that the model can be asked. */
  readyStatuses: number[];
}

/** What holds also for a model without a vendor. */
export function anyModel(name: string, make: () => LanguageModel): void {
  const signal = () => AbortSignal.timeout(5_000);
  const lines = (...contents: string[]): Prompt => ({
    ...PROMPT,
    messages: contents.map((content, at) => ({ role: at % 2 ? 'assistant' : 'user', content })),
  });

  describe(`${name}: any model`, () => {
    test('names itself as provider and model', () => {
      expect(make().name).toMatch(/^[a-z]+\/\S+$/);
    });

    test('is ready', async () => {
      await expect(make().ready(signal())).resolves.toBeUndefined();
    });

    test.each<[string, Prompt]>([
      ['a first line', lines('a table for two, please')],
      ['a conversation', PROMPT],
      ['keys', lines('[the caller pressed 1]')],
      ['silence', lines('[the caller said nothing]')],
      ['1,500 words', lines('word '.repeat(1_500))],
      ['a thousand lines', lines(...Array<string>(1_001).fill('yes'))],
    ])('answers %s with words, and leaves the prompt as it is', async (_what, prompt) => {
      const before = JSON.stringify(prompt);
      const { text, model } = await make().complete(prompt, { signal: signal() });
      expect(text).toMatch(/\p{L}/u);
      expect(model).not.toBe('');
      expect(JSON.stringify(prompt)).toBe(before);
    });

    test('sums up, and ends no call with it', async () => {
      const toSummarize = lines('a table', 'For when?', 'on friday').messages;
      const answer = await make().complete(
        { ...lines('Caller: a table'), toSummarize },
        { signal: signal() },
      );
      expect(answer).toMatchObject({ text: expect.stringMatching(/\p{L}/u), end: false });
    });

    test('gives out no other words early than those that it answers', async () => {
      const pieces: string[] = [];
      const onText = (piece: string) => void pieces.push(piece);
      const { text } = await make().complete(PROMPT, { signal: signal(), onText });
      expect(['', text]).toContain(pieces.join('').trim());
    });

    test('answers a caller who is listening with the clauses that he heard', async () => {
      const heard: string[] = [];
      const reply = await orchestratorOf([make()]).streamReply(
        makeCall('Hello.'),
        { kind: 'speech', text: 'a table for two, please' },
        { onClause: (clause) => void heard.push(clause) },
      );
      expect(reply.text).toMatch(/\p{L}/u);
      expect(heard.join(' ')).toBe(reply.text);
      expect(reply.tries).toMatchObject([{ outcome: 'answered' }]);
    });

    test('that nobody waits for any more says that its time is over', async () => {
      const asked = make().complete(PROMPT, { signal: AbortSignal.abort() });
      await expect(asked).rejects.toMatchObject({ name: 'ModelError', kind: 'timeout' });
    });
  });
}

const TEXT = 'Grüße aus Köln — 您好 𝒳, wie geht es?';
const status = (code: number, rest: object = {}): Behaviour => ({
  kind: 'status',
  status: code,
  ...rest,
});

export function aLanguageModel(name: string, subject: Subject): void {
  let fake: FakeModelServer;
  beforeEach(async () => {
    fake = await subject.start();
  });
  afterEach(() => fake.close());

  anyModel(name, () => subject.model(fake));

  const complete = (
    model = subject.model(fake),
    timeoutMs = 5_000,
    prompt = PROMPT,
    progress = () => {},
  ) => model.complete(prompt, { signal: AbortSignal.timeout(timeoutMs), progress });

  async function failureOf(behaviour: Behaviour, timeoutMs?: number): Promise<ModelError> {
    fake.script(behaviour);
    const error: unknown = await complete(subject.model(fake), timeoutMs).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof ModelError)) throw new Error('it did not fail with a ModelError');
    return error;
  }

  describe(`${name}: an answer`, () => {
    test('has the words, the name of the model and the tokens', async () => {
      fake.script({ kind: 'answer', text: TEXT });
      expect(await complete()).toEqual({
        text: TEXT,
        end: false,
        model: 'fake-model',
        tokens: { prompt: 21, completion: 7 },
      });
    });

    test.each<[string, Behaviour]>([
      ['byte by byte', { kind: 'in-bytes', text: TEXT, bytes: 1 }],
      ['in pieces of seven bytes', { kind: 'in-bytes', text: TEXT, bytes: 7 }],
      ['between signs of life and events of unknown kinds', { kind: 'noisy', text: TEXT }],
      ['whole, though a stream was asked for', { kind: 'whole', text: TEXT }],
      ['slowly', { kind: 'answer', text: TEXT, betweenMs: 5 }],
    ])('is the same when it comes %s', async (_how, behaviour) => {
      fake.script(behaviour);
      expect(await complete()).toMatchObject({ text: TEXT, end: false, model: 'fake-model' });
    });

    test('does not wait for a connection that stays open behind it', async () => {
      fake.script({ kind: 'linger', text: TEXT });
      const before = performance.now();
      expect(await complete()).toMatchObject({ text: TEXT });
      expect(performance.now() - before).toBeLessThan(2_000);
    });

    test('leaves its connection to the next questions', async () => {
      const model = subject.model(fake);
      for (let count = 0; count < 5; count += 1) await complete(model);
      // The end of a stream is read behind the answer: a second connection may have been opened.
      expect(new Set(fake.completions().map(({ connection }) => connection)).size).toBeLessThan(3);
      expect(fake.completions().every(({ abortedAtMs }) => abortedAtMs === undefined)).toBe(true);
    });

    test('reports its progress, and nothing before its first words', async () => {
      let pieces = 0;
      const count = () => void (pieces += 1);
      fake.script({ kind: 'answer', text: 'one two three', betweenMs: 1 });
      await complete(subject.model(fake), 5_000, PROMPT, count);
      expect(pieces).toBe(3);
    });

    test('that was cut off by its length is known to be', async () => {
      fake.script({ kind: 'answer', text: 'I would', isCutOff: true });
      expect(await complete()).toMatchObject({ text: 'I would', isCut: true });
    });

    test('without end is not read to its end', async () => {
      fake.script({ kind: 'endless', word: 'word '.repeat(100) });
      const { text, isCut } = await complete(subject.model(fake), 20_000);
      expect(text.length).toBeGreaterThan(10_000);
      expect(text.length).toBeLessThan(200_000);
      expect(isCut).toBe(true);
      await until(() => fake.completions()[0]?.abortedAtMs !== undefined);
    });
  });

  streamsAnswers(name, { subject, fake: () => fake });

  describe(`${name}: a request`, () => {
    test('has alternating lines, each with words, the first and the last one of the caller', async () => {
      await complete();
      expect(subject.linesOf(fake.completions()[0]?.body)).toEqual([
        { role: 'user', content: '[the call begins]' },
        { role: 'assistant', content: 'Hello.' },
        { role: 'user', content: 'the number is 1234\n[the caller pressed 5]' },
        { role: 'assistant', content: 'Yes?' },
        { role: 'user', content: '[the caller said nothing]' },
      ]);
    });

    test('holds no half characters', async () => {
      const messages = [{ role: 'user' as const, content: 'a\ud800b' }];
      await complete(subject.model(fake), 5_000, { ...PROMPT, system: 'c\udc00', messages });
      const sent = JSON.stringify(fake.completions()[0]?.body);
      expect(sent).toContain('a\ufffdb');
      expect(sent).not.toMatch(/\\ud[89a-f]/);
    });

    test('leaves the prompt as it is', async () => {
      const before = JSON.stringify(PROMPT);
      await complete();
      expect(JSON.stringify(PROMPT)).toBe(before);
    });

    test('offers the tool that ends the call, and none when a summary is wanted', async () => {
      const model = subject.model(fake);
      await complete(model);
      await complete(model, 5_000, { ...PROMPT, toSummarize: [] });
      const tools = fake.completions().map(({ body }) => (body as { tools?: unknown[] }).tools);
      expect(JSON.stringify(tools[0])).toContain('end_call');
      expect(tools[1]).toBeUndefined();
    });

    test('carries nothing from the environment', async () => {
      const names = ['OPENAI', 'ANTHROPIC'].flatMap((vendor) =>
        ['_BASE_URL', '_API_KEY', '_CUSTOM_HEADERS', '_LOG', '_AUTH_TOKEN', '_ORG_ID'].map(
          (end) => vendor + end,
        ),
      );
      const before = { ...process.env };
      for (const each of names) process.env[each] = 'x-canary: canary';
      try {
        await complete(subject.model(fake));
      } finally {
        for (const each of names) {
          if (before[each] === undefined) delete process.env[each];
          else process.env[each] = before[each];
        }
      }
      expect(JSON.stringify(fake.completions()[0])).not.toContain('canary');
      expect(JSON.stringify(fake.completions()[0]?.headers)).toContain(KEY);
    });
  });

  describe(`${name}: ending the call`, () => {
    test.each<[string, Behaviour, string]>([
      ['without words', { kind: 'end-call' }, ''],
      ['with the words of the answer', { kind: 'end-call', text: 'Bye.', farewell: 'x' }, 'Bye.'],
      [
        'with the words of the tool',
        { kind: 'end-call', farewell: 'Gut, tschüß!' },
        'Gut, tschüß!',
      ],
      ['with no arguments at all', { kind: 'tool', name: 'end_call', rawArguments: '' }, ''],
      [
        'with arguments of the wrong kind',
        { kind: 'tool', name: 'end_call', rawArguments: '{"farewell": 7, "more": true}' },
        '',
      ],
    ])('%s', async (_how, behaviour, text) => {
      fake.script(behaviour);
      expect(await complete()).toMatchObject({ text, end: true });
    });

    test.each<[string, string]>([
      ['in half', '{"farewell": "Go'],
      ['of another shape', '[1, 2]'],
      ['that are no JSON', 'farewell=bye'],
    ])('arguments %s are no call of it', async (_how, rawArguments) => {
      const tool = { kind: 'tool', name: 'end_call', rawArguments } as const;
      expect(await failureOf(tool)).toMatchObject({ kind: 'bad-answer', retryable: true });
      fake.script({ ...tool, text: 'Goodbye.' });
      expect(await complete()).toMatchObject({ text: 'Goodbye.', end: false });
    });

    test('an unknown tool is no answer, and is passed over beside words', async () => {
      const tool = { kind: 'tool', name: 'rm', rawArguments: '{}' } as const;
      expect(await failureOf(tool)).toMatchObject({ kind: 'bad-answer', retryable: true });
      fake.script({ ...tool, text: 'Hello.' });
      expect(await complete()).toMatchObject({ text: 'Hello.', end: false });
    });
  });

  describe(`${name}: faults`, () => {
    test.each<[string, Behaviour, Partial<ModelError>]>([
      ['400', status(400), { kind: 'refused', retryable: false, isAccount: false }],
      ['401', status(401), { kind: 'refused', retryable: false, isAccount: true }],
      ['402', status(402), { kind: 'refused', retryable: false, isAccount: true }],
      ['403', status(403), { kind: 'refused', retryable: false, isAccount: true }],
      ['404', status(404), { kind: 'refused', retryable: false, isAccount: false }],
      ['408', status(408), { kind: 'unavailable', retryable: true }],
      ['413', status(413), { kind: 'refused', retryable: false, isAccount: false }],
      ['429', status(429), { kind: 'rate-limit', retryable: true, isAccount: false }],
      [
        '429 with Retry-After',
        status(429, { headers: { 'retry-after': '20' } }),
        { kind: 'rate-limit', retryAfterMs: 20_000 },
      ],
      [
        '429 with retry-after-ms',
        status(429, { headers: { 'retry-after-ms': '150' } }),
        { retryAfterMs: 150 },
      ],
      ['500', status(500), { kind: 'unavailable', retryable: true }],
      [
        '503 with Retry-After',
        status(503, { headers: { 'retry-after': '1' } }),
        { kind: 'unavailable', retryAfterMs: 1_000 },
      ],
      ['529', status(529), { kind: 'unavailable', retryable: true }],
      ['broken JSON', { kind: 'raw', body: '{"choices": [{"content": [' }, { kind: 'bad-answer' }],
      ['HTML', { kind: 'raw', body: '<html>', contentType: 'text/html' }, { kind: 'bad-answer' }],
      ['null', { kind: 'raw', body: 'null' }, { kind: 'bad-answer' }],
      ['a list', { kind: 'raw', body: '[]' }, { kind: 'bad-answer' }],
      ['an empty body', { kind: 'raw', body: '' }, { kind: 'bad-answer' }],
      [
        'an empty stream',
        { kind: 'raw', body: '', contentType: 'text/event-stream' },
        { kind: 'unavailable' },
      ],
      [
        'a stream of something else',
        { kind: 'raw', body: 'data: 5\n\ndata: []\n\n', contentType: 'text/event-stream' },
        { kind: 'bad-answer' },
      ],
      ['an answer with nothing in it', { kind: 'empty-choices' }, { kind: 'bad-answer' }],
      ['no words', { kind: 'answer', text: ' ' }, { kind: 'bad-answer', retryable: true }],
      ['a cut in mid-answer', { kind: 'cut', text: 'Hello there' }, { kind: 'unavailable' }],
      ['a cut between words', { kind: 'cut-stream', text: 'a b c d' }, { kind: 'unavailable' }],
      ['a cut before any answer', { kind: 'hang-up' }, { kind: 'unavailable', retryable: true }],
      ['an end too early', { kind: 'unfinished', text: 'Hello there' }, { kind: 'unavailable' }],
      ['an event that is no JSON', { kind: 'bad-event', text: 'Hi you' }, { kind: 'bad-answer' }],
      [
        'an overload in mid-answer',
        { kind: 'failing-stream', text: 'Hi you', failure: 'overload' },
        { kind: 'unavailable', retryable: true },
      ],
      [
        'a rate limit in mid-answer',
        { kind: 'failing-stream', text: 'Hi you', failure: 'rate-limit' },
        { kind: 'rate-limit', retryable: true },
      ],
    ])('%s', async (_what, behaviour, expected) => {
      expect(await failureOf(behaviour)).toMatchObject(expected);
      expect(fake.completions()).toHaveLength(1);
    });

    test('a date in Retry-After is the time until then', async () => {
      const date = new Date(Date.now() + 30_000).toUTCString();
      const error = await failureOf(status(429, { headers: { 'retry-after': date } }));
      expect(error.retryAfterMs).toBeGreaterThan(25_000);
      expect(error.retryAfterMs).toBeLessThanOrEqual(30_000);
    });

    test('a server that is not there is unavailable', async () => {
      const model = subject.model(fake);
      await fake.close();
      await expect(complete(model)).rejects.toMatchObject({ kind: 'unavailable', retryable: true });
      fake = await subject.start();
    });

    test.each<[string, Behaviour]>([
      ['before the headers', { kind: 'stall' }],
      ['in mid-answer', { kind: 'stall-in-body', text: 'Hello there' }],
      ['with signs of life', { kind: 'stall-with-pings', text: 'Hello there', everyMs: 20 }],
      ['for longer than the deadline', { kind: 'answer', text: 'Hi', afterMs: 5_000 }],
    ])('a server that stalls %s times out, and sees the socket closed', async (_how, behaviour) => {
      // The package is loaded with the first question, which takes a moment.
      await complete();
      expect(await failureOf(behaviour, 250)).toMatchObject({ kind: 'timeout', retryable: true });
      await until(() => fake.completions()[1]?.abortedAtMs !== undefined);
    });

    test('signs of life are no progress', async () => {
      let pieces = 0;
      fake.script({ kind: 'stall-with-pings', text: 'one two three four', everyMs: 5 });
      const asked = complete(subject.model(fake), 400, PROMPT, () => void (pieces += 1));
      await expect(asked).rejects.toMatchObject({ kind: 'timeout' });
      expect(pieces).toBeLessThanOrEqual(3);
    });

    test('an error tells nothing of the call, the answer or the key to whoever prints it', async () => {
      const message = `bad key ${KEY} for: the number is 1234`;
      const error = await failureOf(status(401, { message }));
      const printed = [error.message, error.stack, JSON.stringify(error)];
      printed.push(inspect(error, { depth: 9 }));
      expect(printed.join(' ')).not.toMatch(/1234|secret|bad key/);
      expect(error.cause).toBeUndefined();
      expect(inspect(error.original())).toContain('bad key');
    });
  });

  describe(`${name}: ready`, () => {
    const ready = (timeoutMs = 5_000) => subject.model(fake).ready(AbortSignal.timeout(timeoutMs));

    test.each(subject.readyStatuses)('a server that answers %i can be asked', async (code) => {
      fake.models(status(code));
      await expect(ready()).resolves.toBeUndefined();
    });

    test('a server with a list of models can be asked, and no tokens are spent', async () => {
      await expect(ready()).resolves.toBeUndefined();
      expect(fake.completions()).toHaveLength(0);
      expect(fake.log).toHaveLength(1);
    });

    test.each([
      [401, 'refused'],
      [500, 'unavailable'],
    ])('a server that answers %i cannot', async (code, kind) => {
      fake.models(status(code));
      await expect(ready()).rejects.toMatchObject({ kind });
    });

    test('a server that stalls cannot', async () => {
      await ready();
      fake.models({ kind: 'stall' });
      await expect(ready(150)).rejects.toMatchObject({ kind: 'timeout' });
    });
  });
}
