/** What every model with a vendor has to do for a caller who is listening, over real HTTP. */
import { describe, expect, test } from '@jest/globals';
import type { LanguageModel } from '../../../src/orchestrator/llm.ts';
import type { OrchestratorOptions } from '../../../src/orchestrator/orchestrator.ts';
import type { Behaviour, FakeModelServer } from '../../fakes/model-behaviour.ts';
import { makeCall } from '../make-call.ts';
import { orchestratorOf, ScriptedModel } from '../scripted-model.ts';
import { until } from '../until.ts';

interface Bench {
  subject: { model(fake: FakeModelServer): LanguageModel };
  fake: () => FakeModelServer;
}

const heard = { kind: 'speech', text: 'hello' } as const;
/** Of its ten words, the first half has a sentence and the beginning of another one. */
const TEXT = 'Gladly, at seven. And then we will see you there.';
const TIMES: OrchestratorOptions = { totalMs: 4_000, chainMs: 4_000, tryMs: 2_000, stallMs: 150 };

export function streamsAnswers(name: string, { subject, fake }: Bench): void {
  /** A caller; a second model answers when the first one does not. */
  function listen(options: { signal?: AbortSignal; onClause?: (text: string) => void } = {}) {
    const clauses: string[] = [];
    const { onClause, ...rest } = options;
    const other = new ScriptedModel('Somebody else.');
    const reply = orchestratorOf([subject.model(fake()), other], TIMES).streamReply(
      makeCall('Hi.'),
      heard,
      {
        ...rest,
        onClause: (clause) => {
          clauses.push(clause);
          onClause?.(clause);
        },
      },
    );
    return { reply, clauses, other };
  }

  async function piecesOf(behaviour: Behaviour) {
    fake().script(behaviour);
    const pieces: string[] = [];
    const completion = await subject
      .model(fake())
      .complete(
        { system: 'Be kind.', messages: [{ role: 'user', content: 'Hi.' }], call: CALL },
        { signal: AbortSignal.timeout(5_000), onText: (piece) => void pieces.push(piece) },
      );
    return { pieces, text: pieces.join(''), completion };
  }

  describe(`${name}: words that are given out early`, () => {
    test.each<[string, Behaviour]>([
      ['word by word', { kind: 'answer', text: TEXT, betweenMs: 1 }],
      ['byte by byte', { kind: 'in-bytes', text: 'Grüße — 您好 𝒳 😀.', bytes: 1 }],
      ['between signs of life', { kind: 'noisy', text: TEXT }],
      ['in front of the end of the call', { kind: 'end-call', text: TEXT, farewell: 'Bye.' }],
    ])('%s are those of the answer', async (_how, behaviour) => {
      const { pieces, text, completion } = await piecesOf(behaviour);
      expect(text).toBe(completion.text);
      expect(pieces.length).toBeGreaterThan(1);
    });

    test.each<[string, Behaviour]>([
      ['a farewell', { kind: 'end-call', farewell: 'Bye.' }],
      ['an answer that comes whole', { kind: 'whole', text: TEXT }],
    ])('are none of %s, which is there at the end', async (_what, behaviour) => {
      const { pieces, completion } = await piecesOf(behaviour);
      expect(pieces).toEqual([]);
      expect(completion.text).not.toBe('');
    });
  });

  describe(`${name}: a caller who is listening`, () => {
    test('hears the first clause while the rest is written', async () => {
      fake().script({ kind: 'answer', text: TEXT, betweenMs: 40 });
      const { reply, clauses } = listen();
      await until(() => clauses.length > 0);
      expect(clauses).toEqual(['Gladly, at seven.']);
      expect(await Promise.race([reply, Promise.resolve('still written')])).toBe('still written');
      const { text, end, tries } = await reply;
      expect(text).toBe(TEXT);
      expect(end).toBe(false);
      expect(tries).toMatchObject([{ outcome: 'answered' }]);
      expect(clauses).toEqual(['Gladly, at seven.', 'And then we will see you there.']);
    });

    test.each<[string, Behaviour, string, boolean]>([
      ['with words', { kind: 'end-call', text: 'Bye then. See you.' }, 'Bye then. See you.', true],
      ['with a farewell alone', { kind: 'end-call', farewell: 'Good bye.' }, 'Good bye.', true],
      ['without a word', { kind: 'end-call' }, '', true],
      [
        'not, by half a call of the tool',
        { kind: 'tool', name: 'end_call', rawArguments: '{"farewell": "Go', text: TEXT },
        TEXT,
        false,
      ],
      ['not, by a text that says so', { kind: 'answer', text: 'Bye. end_call()' }, 'Bye.', false],
    ])('is hung up on %s', async (_how, behaviour, text, end) => {
      fake().script(behaviour);
      const { reply, clauses } = listen();
      expect(await reply).toMatchObject({ text, end });
      expect(clauses.join(' ')).toBe(text);
    });

    test.each<[string, Behaviour]>([
      ['whole, though a stream was asked for', { kind: 'whole', text: TEXT }],
      ['and the connection stays open behind it', { kind: 'linger', text: TEXT }],
    ])('hears an answer that comes %s', async (_how, behaviour) => {
      fake().script(behaviour);
      expect(await listen().reply).toMatchObject({ text: TEXT, end: false });
    });

    test.each<[string, Behaviour, string]>([
      ['stalls', { kind: 'stall-in-body', text: TEXT }, 'timeout'],
      [
        'shows signs of life alone',
        { kind: 'stall-with-pings', text: TEXT, everyMs: 20 },
        'timeout',
      ],
      ['is cut off', { kind: 'cut-stream', text: TEXT, betweenMs: 5 }, 'unavailable'],
      ['ends too early', { kind: 'unfinished', text: TEXT }, 'unavailable'],
      ['sends nonsense', { kind: 'bad-event', text: TEXT }, 'bad-answer'],
      ['is overloaded', { kind: 'failing-stream', text: TEXT, failure: 'overload' }, 'unavailable'],
    ])(
      'hears nobody else after the first clause when the server %s then',
      async (_what, behaviour, outcome) => {
        fake().script(behaviour);
        const { reply, clauses, other } = listen();
        expect(await reply).toMatchObject({
          text: 'Gladly, at seven.',
          end: false,
          tries: [{ outcome }],
        });
        expect(clauses).toEqual(['Gladly, at seven.']);
        expect(other.prompts).toHaveLength(0);
        expect(fake().completions()).toHaveLength(1);
        if (outcome === 'timeout') {
          await until(() => fake().completions()[0]?.abortedAtMs !== undefined);
        }
      },
    );

    test.each<[string, Behaviour, string]>([
      ['stalls', { kind: 'stall-in-body', text: 'Gladly at seven' }, 'timeout'],
      ['is cut off', { kind: 'cut-stream', text: 'Gladly at seven', betweenMs: 5 }, 'unavailable'],
      ['sends nonsense', { kind: 'bad-event', text: 'Gladly at seven' }, 'bad-answer'],
      ['refuses', { kind: 'status', status: 400 }, 'refused'],
      ['says nothing', { kind: 'answer', text: '** <b></b>' }, 'bad-answer'],
    ])(
      'hears the next model when the first one %s before a clause is whole',
      async (_what, behaviour, outcome) => {
        fake().script(behaviour);
        const { reply, clauses } = listen();
        const { text, tries } = await reply;
        expect(text).toBe('Somebody else.');
        expect(clauses).toEqual(['Somebody else.']);
        expect(tries?.map((each) => each.outcome)).toEqual([outcome, 'answered']);
      },
    );

    test('leaves the connection to his next turns', async () => {
      const mind = orchestratorOf([subject.model(fake())], TIMES);
      fake().always({ kind: 'answer', text: TEXT, endsAfterMs: 20 });
      for (let turn = 0; turn < 4; turn += 1) {
        await mind.streamReply(makeCall('Hi.'), heard, { onClause: () => {} });
        await new Promise((resolve) => setTimeout(resolve, 60)); // he speaks
      }
      const requests = fake().completions();
      expect(requests.every(({ abortedAtMs }) => abortedAtMs === undefined)).toBe(true);
      expect(new Set(requests.map(({ connection }) => connection)).size).toBeLessThan(3);
    });

    test('who speaks again is left alone, and the request is stopped at once', async () => {
      fake().script({ kind: 'answer', text: `${TEXT} `.repeat(50), betweenMs: 10 });
      const caller = new AbortController();
      const { reply, clauses, other } = listen({
        signal: caller.signal,
        onClause: () => caller.abort(new Error('the caller speaks')),
      });
      await expect(reply).rejects.toThrow('the caller speaks');
      await until(() => fake().completions()[0]?.abortedAtMs !== undefined);
      expect(clauses).toEqual(['Gladly, at seven.']);
      expect(other.prompts).toHaveLength(0);
    });

    test('hears no answer without end, and its request is stopped', async () => {
      fake().script({ kind: 'endless', word: 'word '.repeat(100) });
      const { text, tries } = await listen().reply;
      expect(text.length).toBeGreaterThan(5_000);
      expect(text.length).toBeLessThanOrEqual(10_000);
      expect(tries).toMatchObject([{ outcome: 'answered' }]);
      await until(() => fake().completions()[0]?.abortedAtMs !== undefined);
    });

    test('hears no sentence that breaks off', async () => {
      fake().script({ kind: 'answer', text: 'We are open. Until ten. And on', isCutOff: true });
      expect(await listen().reply).toMatchObject({ text: 'We are open. Until ten.' });
    });
  });
}

const CALL = {
  startedAt: '2026-11-24T11:00:00Z',
  timeZone: 'UTC',
  language: 'en-US',
  apology: 'Sorry.',
};
