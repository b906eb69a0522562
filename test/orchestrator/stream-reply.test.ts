/** Answers for a caller who is listening: which model is heard, and how long that may take. */
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { ModelError, NoModelAnswered, type Completion } from '../../src/orchestrator/llm.ts';
import type { OrchestratorOptions } from '../../src/orchestrator/orchestrator.ts';
import { buildPrompt } from '../../src/orchestrator/prompt.ts';
import { makeCall } from './make-call.ts';
import { orchestratorOf, ScriptedModel, STALL, type Scripted } from './scripted-model.ts';

const heard = { kind: 'speech', text: 'hello' } as const;
const SHORT: OrchestratorOptions = { totalMs: 3_000, chainMs: 2_000, tryMs: 300, stallMs: 100 };
const FRAME = buildPrompt(makeCall('Hi.'), heard, 'UTC').secret?.frame ?? '';
const unavailable = new ModelError('unavailable', 'down');
const never = () => new Promise<never>(() => {});
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Writes pieces with a pause before each, then ends as it is told. */
const writes =
  (
    pieces: string[],
    {
      everyMs = 0,
      then = {},
    }: { everyMs?: number; then?: Error | Partial<Completion> | 'stall' } = {},
  ): Scripted =>
  async ({ onText }) => {
    for (const piece of pieces) {
      if (everyMs > 0) await pause(everyMs);
      onText?.(piece);
    }
    if (then instanceof Error) throw then;
    if (then === 'stall') return await never();
    return { text: pieces.join(''), end: false, model: 'm', ...then };
  };

function bench(scripts: Scripted[][], options: OrchestratorOptions = SHORT) {
  const models = scripts.map((script) => new ScriptedModel(...script));
  const mind = orchestratorOf(models, options);
  const clauses: string[] = [];
  let begun = 0;
  const listen = (signal?: AbortSignal) =>
    mind.streamReply(makeCall('Hi.'), heard, {
      ...(signal && { signal }),
      onFirstToken: () => void (begun += 1),
      onClause: (clause) => void clauses.push(clause),
    });
  const asked = () => models.map(({ prompts }) => prompts.length);
  return { mind, models, clauses, listen, asked, begun: () => begun };
}

const outcomesOf = async (reply: Promise<unknown>) => {
  const { tries } = (await reply.catch((error: unknown) => error)) as NoModelAnswered;
  return tries.map(({ outcome }) => outcome);
};

describe('before the first clause', () => {
  test.each<[string, Scripted, string]>([
    ['fails', unavailable, 'unavailable'],
    ['fails in its first clause', writes(['Let me '], { then: unavailable }), 'unavailable'],
    ['falls silent in its first clause', writes(['Let me '], { then: 'stall' }), 'timeout'],
    ['never begins', STALL, 'timeout'],
    ['says nothing that can be said', writes(['<break/>']), 'bad-answer'],
    ['has a bug', new TypeError('oops'), 'bad-answer'],
  ])('the next model is heard when the first one %s', async (_what, script, outcome) => {
    const { listen, clauses, asked } = bench([[script], [writes(['Hello ', 'there. ', 'You.'])]]);
    const reply = await listen();
    expect(reply).toMatchObject({ text: 'Hello there. You.', end: false, model: 'm' });
    expect(reply.tries?.map((each) => each.outcome)).toEqual([outcome, 'answered']);
    expect(clauses).toEqual(['Hello there.', 'You.']);
    expect(asked()).toEqual([1, 1]);
  });

  test('the next model is heard when the first one recites its instructions', async () => {
    const { listen, clauses } = bench([[writes(FRAME.split(/(?<= )/))], ['Hello.']]);
    const { text, tries } = await listen();
    expect(text).toBe('Hello.');
    expect(clauses).toEqual(['Hello.']);
    expect(tries?.map(({ outcome }) => outcome)).toEqual(['bad-answer', 'answered']);
  });

  test('all that failed is an error with all tries', async () => {
    const { listen, clauses } = bench([[unavailable], [unavailable]]);
    const error: unknown = await listen().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NoModelAnswered);
    expect(await outcomesOf(Promise.reject(error))).toEqual(Array(4).fill('unavailable'));
    expect(clauses).toEqual([]);
  });
});

describe('after the first clause', () => {
  test.each<[string, Scripted, string]>([
    ['fails', writes(['Hello. ', 'And'], { then: unavailable }), 'unavailable'],
    ['falls silent', writes(['Hello. ', 'And'], { then: 'stall' }), 'timeout'],
    ['has a bug', writes(['Hello. ', 'And'], { then: new TypeError('oops') }), 'bad-answer'],
  ])('nobody else is asked when the model %s', async (_what, script, outcome) => {
    const { listen, clauses, asked } = bench([[script], ['Other.']]);
    expect(await listen()).toMatchObject({
      text: 'Hello.',
      end: false,
      model: 'scripted',
      tries: [{ outcome }],
    });
    expect(clauses).toEqual(['Hello.']);
    expect(asked()).toEqual([1, 0]);
  });

  test('a failure still counts against the provider', async () => {
    const { listen, mind } = bench([[writes(['Hello. ', 'And'], { then: unavailable })]]);
    for (let count = 0; count < 5; count += 1) await listen();
    expect(mind.breakers()).toEqual([{ provider: 'a', state: 'open' }]);
  });

  test('the answer may take longer than a turn may take to begin', async () => {
    const pieces = Array.from(
      { length: 30 },
      (_each, at) => `This is sentence number ${at + 1}x. `,
    );
    const { listen, clauses } = bench([[writes(pieces, { everyMs: 40 })], ['Other.']], {
      ...SHORT,
      chainMs: 500,
    });
    const { text, tries } = await listen();
    expect(text).toBe(pieces.join('').trim());
    expect(tries).toMatchObject([{ outcome: 'answered' }]);
    expect(clauses).toHaveLength(30);
  });

  test('a recital of the instructions ends the answer', async () => {
    const { listen, clauses, asked } = bench([[writes(['Gladly. ', FRAME])], ['Other.']]);
    const { text, tries } = await listen();
    expect(tries).toMatchObject([{ outcome: 'bad-answer' }]);
    expect(clauses).toEqual(['Gladly.']);
    expect(text).toBe('Gladly.');
    expect(asked()).toEqual([1, 0]);
  });

  test('an imagined caller ends the answer and the request, though the model goes on', async () => {
    const script: Scripted = async ({ onText }) => {
      onText?.('Gladly. For how many?\nUser: for four.\nAssistant: Well. ');
      return await never();
    };
    const { listen, models } = bench([[script]]);
    const before = performance.now();
    expect(await listen()).toMatchObject({
      text: 'Gladly. For how many?',
      end: false,
      tries: [{ outcome: 'answered' }],
    });
    expect(performance.now() - before).toBeLessThan(90);
    expect(models[0]?.signals[0]?.aborted).toBe(true);
  });
});

describe('the end of the call', () => {
  test.each<[string, Scripted, string]>([
    ['behind the words', writes(['Bye. ', 'See you.'], { then: { end: true } }), 'Bye. See you.'],
    ['without words', writes([], { then: { end: true } }), ''],
    ['with a farewell', writes([], { then: { text: 'Bye.', end: true } }), 'Bye.'],
    ['beside words that nobody says', writes(['{"a": '], { then: { end: true } }), ''],
  ])('is understood %s', async (_how, script, text) => {
    const { listen, clauses } = bench([[script]]);
    expect(await listen()).toMatchObject({ text, end: true });
    expect(clauses.join(' ')).toBe(text);
  });

  test('does not come from an answer that failed', async () => {
    const { listen } = bench([[writes(['Bye. ', 'And'], { then: unavailable })]]);
    expect(await listen()).toMatchObject({ text: 'Bye.', end: false });
  });
});

describe('a caller who speaks again', () => {
  test('stops the request, and hears nothing that comes after that', async () => {
    const caller = new AbortController();
    let late: (() => void) | undefined;
    const script: Scripted = async ({ onText }) => {
      onText?.('Hello. And');
      late = () => onText?.(' more. And more.');
      return await never();
    };
    const { listen, clauses, models, mind } = bench([[script], ['Other.']]);
    const reply = listen(caller.signal);
    await pause(5);
    caller.abort(new Error('the caller speaks'));
    await expect(reply).rejects.toThrow('the caller speaks');
    late?.();
    expect(clauses).toEqual(['Hello.']);
    expect(models[0]?.signals[0]?.aborted).toBe(true);
    expect(mind.breakers()[0]).toMatchObject({ state: 'closed' });
  });

  test('before anything was asked asks nobody', async () => {
    const { listen, asked } = bench([['Hello.']]);
    await expect(listen(AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    expect(asked()).toEqual([0]);
  });
});

describe('the first token', () => {
  test('is told once for each model that begins', async () => {
    const { listen, begun } = bench([
      [writes(['Let ', 'me '], { then: unavailable })],
      [writes(['Hello ', 'there.'])],
    ]);
    await listen();
    expect(begun()).toBe(2);
  });

  test('of an answer that comes whole is told with it', async () => {
    const { listen, begun } = bench([['Hello.']]);
    await listen();
    expect(begun()).toBe(1);
  });
});

describe('a model that thinks aloud without saying so', () => {
  test('is heard doing so once, and never again', async () => {
    const aloud = ['The caller wants ', 'tea. I say so. ', '</think>', 'Tea, ', 'gladly. Now?'];
    const { listen, clauses } = bench([[writes(aloud)]]);
    await listen();
    expect(clauses).toContain('The caller wants tea.');
    expect((await listen()).text).toBe('Tea, gladly. Now?');
  });
});

describe('the time until a caller hears something, as it is promised', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  async function timed(scripts: Scripted[][]) {
    jest.useFakeTimers();
    const { listen } = bench(scripts, {});
    const before = performance.now();
    const asked = listen().then(
      ({ text, tries }) => ({ text, tries, tookMs: performance.now() - before }),
      ({ tries }: NoModelAnswered) => ({ text: '', tries, tookMs: performance.now() - before }),
    );
    await jest.advanceTimersByTimeAsync(25_000);
    return await asked;
  }
  const after = (ms: number) => writes(['Hello.'], { everyMs: ms });

  test('a model that has not begun after 4 s is left for the next one', async () => {
    expect(await timed([[after(3_900)], [STALL]])).toMatchObject({ tookMs: 3_900 });
    const { text, tookMs, tries } = await timed([[after(5_000)], [after(500)]]);
    expect(text).toBe('Hello.');
    expect(tookMs).toBe(4_500);
    expect(tries).toMatchObject([{ ms: 4_000, outcome: 'timeout' }, { outcome: 'answered' }]);
  });

  test('the last one is waited for as long as there is time', async () => {
    expect(await timed([[STALL], [after(7_500)]])).toMatchObject({ text: 'Hello.' });
  });

  test('one alone that begins after 8 s is heard', async () => {
    expect(await timed([[after(8_000)]])).toMatchObject({ text: 'Hello.', tookMs: 8_000 });
  });

  test('models that never answer are given up within 12 s', async () => {
    const { tookMs, tries } = await timed([[STALL], [STALL]]);
    expect(tookMs).toBeLessThan(12_000);
    expect(tries?.map(({ ms }) => ms)).toEqual([4_000, 7_700]);
    expect((await timed([[STALL], [STALL], [STALL]])).tookMs).toBeLessThan(12_000);
  });

  test('one alone that never answers is given up within 12 s as well', async () => {
    const { tookMs, tries } = await timed([[STALL]]);
    expect(tookMs).toBeLessThan(12_000);
    expect(tries).toMatchObject([{ ms: 10_000, outcome: 'timeout' }]);
  });

  test('a model that falls silent for 3 s in mid-answer has said what it has', async () => {
    const { text, tookMs } = await timed([[writes(['Hello. ', 'And'], { then: 'stall' })]]);
    expect(text).toBe('Hello.');
    expect(tookMs).toBe(3_000);
  });

  test('an answer that never ends is heard for a minute at most', async () => {
    const drip: Scripted = async ({ onText }) => {
      for (;;) {
        onText?.('Well, well, I say. ');
        await pause(1_000);
      }
    };
    jest.useFakeTimers();
    const { listen } = bench([[drip]], {});
    const before = performance.now();
    const reply = listen().then(() => performance.now() - before);
    await jest.advanceTimersByTimeAsync(70_000);
    expect(await reply).toBe(60_000);
  });
});
