import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { ModelTry } from '../../workflows/contract.ts';
import { createOrchestrator } from '../../src/orchestrator/index.ts';
import { ModelError, NoModelAnswered } from '../../src/orchestrator/llm.ts';
import type { OrchestratorOptions } from '../../src/orchestrator/orchestrator.ts';
import { makeCall } from './make-call.ts';
import { orchestratorOf, ScriptedModel, STALL, type Scripted } from './scripted-model.ts';

const SHORT: OrchestratorOptions = { totalMs: 3_000, chainMs: 2_000, tryMs: 300, stallMs: 100 };
const heard = { kind: 'speech', text: 'hello' } as const;
const unavailable = new ModelError('unavailable', 'down');
const refused = new ModelError('refused', 'no');
const tooMany = (retryAfterMs: number) => new ModelError('rate-limit', 'later', { retryAfterMs });

/** A clock that can be put forward; time goes on beside that. */
function shiftable() {
  let shiftMs = 0;
  return {
    now: () => performance.now() + shiftMs,
    random: () => 0,
    shift: (ms: number) => void (shiftMs += ms),
  };
}

function mindOf(scripts: Scripted[][], options: OrchestratorOptions = {}) {
  const models = scripts.map((script) => new ScriptedModel(...script));
  const mind = orchestratorOf(models, { ...SHORT, ...options });
  const ask = () => mind.generateReply(makeCall('Hi.'), heard);
  const asked = () => models.map(({ prompts }) => prompts.length);
  return { mind, models, ask, asked };
}

async function triesOf(asked: Promise<unknown>): Promise<ModelTry['outcome'][]> {
  const error: unknown = await asked.catch((thrown: unknown) => thrown);
  if (!(error instanceof NoModelAnswered)) throw new Error('it did not fail as expected');
  return error.tries.map(({ outcome }) => outcome);
}

const outcomes = (tries: ModelTry[] | undefined) => tries?.map(({ outcome }) => outcome);

describe('a chain of models', () => {
  test('asks the first one alone when it answers', async () => {
    const { ask, asked } = mindOf([['Hello'], ['Other']]);
    expect(await ask()).toMatchObject({ text: 'Hello' });
    expect(asked()).toEqual([1, 0]);
  });

  test.each<[string, Scripted, ModelTry['outcome']]>([
    ['fails', unavailable, 'unavailable'],
    ['refuses', refused, 'refused'],
    ['never answers', STALL, 'timeout'],
    ['says nothing', '<break/>', 'bad-answer'],
    ['asks for a wait', tooMany(20_000), 'rate-limit'],
    ['has a bug', new TypeError('oops'), 'bad-answer'],
  ])('goes on at once when the first one %s, and records both', async (_what, entry, outcome) => {
    const { ask, asked } = mindOf([[entry], ['Hello']]);
    const before = performance.now();
    const { text, tries } = await ask();
    expect(text).toBe('Hello');
    expect(outcomes(tries)).toEqual([outcome, 'answered']);
    expect(asked()).toEqual([1, 1]);
    expect(performance.now() - before).toBeLessThan(outcome === 'timeout' ? 900 : 290);
  });

  test('asks each provider twice at most, in turns', async () => {
    const { ask, asked } = mindOf([[unavailable], [unavailable], [unavailable]]);
    expect(await triesOf(ask())).toEqual(Array(6).fill('unavailable'));
    expect(asked()).toEqual([2, 2, 2]);
  });

  test('counts several models of one provider together', async () => {
    const { mind, asked } = mindOf([[unavailable]]);
    const call = makeCall('Hi.');
    const models = ['x', 'y', 'z'].map((model) => ({ provider: 'a', model }));
    const tries = triesOf(
      mind.generateReply({ ...call, assistant: { ...call.assistant, models } }, heard),
    );
    expect(await tries).toHaveLength(2);
    expect(asked()).toEqual([2]);
  });

  test('that never answers ends within its time, and no try is shorter than worthwhile', async () => {
    const { ask, asked } = mindOf([[STALL], [STALL]], { chainMs: 500, tryMs: 350 });
    const before = performance.now();
    expect(await triesOf(ask())).toEqual(['timeout', 'timeout']);
    const tookMs = performance.now() - before;
    expect(tookMs).toBeGreaterThanOrEqual(495);
    expect(tookMs).toBeLessThan(1_000);
    expect(asked()).toEqual([1, 1]);
  });

  test('tells an observer of every entry', async () => {
    const seen: ModelTry[] = [];
    const { ask } = mindOf([[unavailable], ['Hello']], { onTry: (each) => void seen.push(each) });
    const { tries } = await ask();
    expect(seen).toEqual(tries);
  });
});

describe('the models of an assistant', () => {
  const callWith = (...models: { provider: string; model?: string }[]) => {
    const call = makeCall('Hi.');
    return { ...call, assistant: { ...call.assistant, models } };
  };

  test('come before those of the configuration', async () => {
    const { mind, asked } = mindOf([['From a'], ['From b']]);
    const { text } = await mind.generateReply(callWith({ provider: 'b' }), heard);
    expect(text).toBe('From b');
    expect(asked()).toEqual([0, 1]);
  });

  test('of a provider that is not configured are refused, and the next one answers', async () => {
    const { mind } = mindOf([['Hello']]);
    const call = callWith({ provider: 'nobody', model: 'm' }, { provider: 'a' });
    const { text, tries } = await mind.generateReply(call, heard);
    expect(text).toBe('Hello');
    expect(tries).toEqual([
      { model: 'nobody/m', ms: 0, outcome: 'refused' },
      { model: 'scripted', ms: expect.any(Number), outcome: 'answered' },
    ]);
  });

  test('that do not exist at all are an error that says so', async () => {
    const { mind } = mindOf([['Hello']]);
    const asked = mind.generateReply(callWith({ provider: 'nobody' }), heard);
    await expect(asked).rejects.toMatchObject({ kind: 'refused', tries: [{ model: 'nobody' }] });
  });

  test('of a vendor without a name of the configuration need one of their own', async () => {
    const vendor = { apiKey: 'k', baseURL: 'http://127.0.0.1:1/v1' };
    const mind = createOrchestrator({ llm: 'demo', openai: vendor, ...SHORT });
    const call = callWith(
      { provider: 'openai' },
      { provider: 'openai', model: 'm' },
      { provider: 'demo' },
    );
    const { text, tries } = await mind.generateReply(call, heard);
    expect(text).not.toBe('');
    expect(tries?.map(({ model, outcome }) => [model, outcome])).toEqual([
      ['openai', 'refused'],
      ['openai/m', 'unavailable'],
      ['demo/receptionist', 'answered'],
    ]);
  });
});

describe('a model that streams', () => {
  const pieces =
    (gapsMs: number[]): Scripted =>
    async ({ progress, signal }) => {
      for (const gapMs of gapsMs) {
        signal.throwIfAborted();
        await new Promise((resolve) => setTimeout(resolve, gapMs));
        progress?.();
      }
      return 'Hello';
    };

  test('and falls silent in mid-answer is given up before its whole time is over', async () => {
    const stalls: Scripted = async ({ progress }) => {
      progress?.();
      return await new Promise<never>(() => {});
    };
    const { ask } = mindOf([[stalls], ['Hello']], { tryMs: 1_500, stallMs: 60 });
    const before = performance.now();
    expect(outcomes((await ask()).tries)).toEqual(['timeout', 'answered']);
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  test('may use more than the time of a try when it keeps going', async () => {
    const slow = pieces(Array<number>(12).fill(50));
    const { ask } = mindOf([[slow], ['Other']], { tryMs: 300, stallMs: 250 });
    expect(await ask()).toMatchObject({ text: 'Hello' });
  });

  test('without end is given up all the same', async () => {
    const endless = pieces(Array<number>(2_000).fill(5));
    const { ask } = mindOf([[endless], ['Other']], { chainMs: 1_000, tryMs: 300 });
    const error: unknown = await ask().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NoModelAnswered);
  });
});

describe('providers that fail', () => {
  test('are passed over while their breaker is open, and the record says so', async () => {
    const clock = shiftable();
    const { ask, asked } = mindOf([[unavailable], ['Hello']], { clock });
    for (let count = 0; count < 5; count += 1) await ask();
    expect(asked()).toEqual([5, 5]);
    const { tries } = await ask();
    expect(tries).toEqual([
      { model: 'scripted', ms: 0, outcome: 'skipped' },
      { model: 'scripted', ms: expect.any(Number), outcome: 'answered' },
    ]);
    clock.shift(13_000);
    expect(outcomes((await ask()).tries)).toEqual(['unavailable', 'answered']);
    expect(outcomes((await ask()).tries)).toEqual(['skipped', 'answered']);
    expect(asked()[0]).toBe(6);
  });

  test('are back at once when they answer again', async () => {
    const clock = shiftable();
    const script = [...Array<Scripted>(5).fill(unavailable), 'Back'];
    const { ask } = mindOf([script, ['Other']], { clock });
    for (let count = 0; count < 6; count += 1) await ask();
    clock.shift(13_000);
    expect((await ask()).text).toBe('Back');
    expect((await ask()).text).toBe('Back');
  });

  test('are asked for want of a better one, the one that is back first, once, for half the time', async () => {
    const clock = shiftable();
    const { ask, asked } = mindOf([[unavailable], [STALL]], { clock, tryMs: 100, chainMs: 5_000 });
    for (let count = 0; count < 3; count += 1) await triesOf(ask());
    expect(asked()).toEqual([5, 5].map(() => expect.any(Number)));
    const before = asked();
    expect(await triesOf(ask())).toHaveLength(2);
    const after = asked();
    expect((after[0] ?? 0) + (after[1] ?? 0) - (before[0] ?? 0) - (before[1] ?? 0)).toBe(1);
  });

  test('one alone, and open, answers a turn when it is there again', async () => {
    const script = [...Array<Scripted>(5).fill(unavailable), 'Back'];
    const { ask } = mindOf([script]);
    for (let count = 0; count < 3; count += 1) await triesOf(ask());
    expect(await ask()).toMatchObject({ text: 'Back' });
  });

  test('a request that is refused for one assistant takes the provider from nobody', async () => {
    const { ask } = mindOf([[...Array<Scripted>(20).fill(refused), 'Hello']]);
    for (let count = 0; count < 20; count += 1) expect(await triesOf(ask())).toEqual(['refused']);
    expect((await ask()).text).toBe('Hello');
  });
});

describe('Retry-After', () => {
  test('is kept over all calls, also when nobody else can be asked', async () => {
    const clock = shiftable();
    const { ask, asked } = mindOf([[tooMany(20_000), 'Hello']], { clock });
    expect(await triesOf(ask())).toEqual(['rate-limit']);
    expect(await triesOf(ask())).toEqual(['skipped']);
    clock.shift(15_000);
    expect(await triesOf(ask())).toEqual(['skipped']);
    expect(asked()).toEqual([1]);
    clock.shift(5_100);
    expect((await ask()).text).toBe('Hello');
  });

  test('tells whoever waits how long it will be', async () => {
    const { ask } = mindOf([[tooMany(20_000)]], { clock: shiftable() });
    await triesOf(ask());
    const error: unknown = await ask().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: 'rate-limit', retryAfterMs: expect.any(Number) });
  });

  test('of a moment is waited for when nobody else can be asked', async () => {
    const { ask, asked } = mindOf([[tooMany(150), 'Hello']]);
    const before = performance.now();
    expect(await ask()).toMatchObject({ text: 'Hello' });
    expect(performance.now() - before).toBeGreaterThanOrEqual(148);
    expect(asked()).toEqual([2]);
  });

  test('of a moment keeps nobody from the next model', async () => {
    const { ask, asked } = mindOf([[tooMany(150)], ['Other']]);
    expect((await ask()).text).toBe('Other');
    expect(asked()).toEqual([1, 1]);
  });
});

describe('the time of a turn, as it is promised', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  /** Lets time pass until it is answered or given up. */
  async function timed(scripts: Scripted[][]) {
    jest.useFakeTimers();
    const models = scripts.map((script) => new ScriptedModel(...script));
    const before = performance.now();
    const asked = orchestratorOf(models)
      .generateReply(makeCall('Hi.'), heard)
      .then(
        ({ tries }) => ({ tries, text: 'answered', tookMs: performance.now() - before }),
        ({ tries }: NoModelAnswered) => ({ tries, text: '', tookMs: performance.now() - before }),
      );
    await jest.advanceTimersByTimeAsync(20_000);
    return await asked;
  }
  const after =
    (ms: number): Scripted =>
    () =>
      new Promise((resolve) => {
        setTimeout(() => resolve('Hello'), ms);
      });

  test('two models that never answer are given up within 12 s', async () => {
    const { tookMs, tries } = await timed([[STALL], [STALL]]);
    expect(tookMs).toBeLessThan(12_000);
    expect(tries?.map(({ ms }) => ms)).toEqual([8_000, 3_700]);
  });

  test('one model alone that never answers has a try of 10 s and one of 8 s', async () => {
    const { tookMs, tries } = await timed([[STALL]]);
    // The call itself gives up after 20 s.
    expect(tookMs).toBeLessThanOrEqual(18_000);
    expect(tries?.map(({ ms }) => ms)).toEqual([10_000, 8_000]);
  });

  test('one model alone that begins after 8 s is heard', async () => {
    const slow: Scripted = async ({ progress }) => {
      await new Promise((resolve) => setTimeout(resolve, 8_000));
      for (let piece = 0; piece < 30; piece += 1) {
        progress?.();
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return 'Hello';
    };
    expect(await timed([[slow]])).toMatchObject({ text: 'answered', tookMs: 11_000 });
  });

  test('a slow model is waited for, and the next one answers for one that is too slow', async () => {
    expect(await timed([[after(7_900)], [STALL]])).toMatchObject({ text: 'answered' });
    const { text, tookMs } = await timed([[after(9_000)], [after(1_000)]]);
    expect(text).toBe('answered');
    expect(tookMs).toBe(9_000);
  });

  test('a second model that fails at once leaves time to ask the first one again', async () => {
    const { tries } = await timed([[unavailable, 'Hello'], [unavailable]]);
    expect(outcomes(tries)).toEqual(['unavailable', 'unavailable', 'answered']);
  });
});

describe('a storm', () => {
  /** A third of all requests fails, in the ways of real vendors. */
  const PASSING = [unavailable, new ModelError('rate-limit', 'later'), '**'];
  const FAULTS = [tooMany(20_000), ...PASSING];

  function faulty(share: number, seed: number, faults: readonly (ModelError | string)[]): Scripted {
    let state = seed;
    const random = (): number => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return state / 2_147_483_648;
    };
    return () => {
      if (random() >= share) return Promise.resolve('Hello');
      const fault = faults[Math.floor(random() * faults.length)] ?? '';
      return fault instanceof Error ? Promise.reject(fault) : Promise.resolve(fault);
    };
  }

  test('30 % of requests to the first model fail: at least 99.5 % of turns are answered', async () => {
    const clock = shiftable();
    const { ask, models } = mindOf([[faulty(0.3, 7, FAULTS)], [faulty(0.05, 11, PASSING)]], {
      clock,
    });
    let answered = 0;
    const turns = 400;
    for (let turn = 0; turn < turns; turn += 1) {
      const before = models.map(({ prompts }) => prompts.length);
      const isAnswered = await ask().then(
        () => true,
        () => false,
      );
      if (isAnswered) answered += 1;
      const asked = models.map(({ prompts }, at) => prompts.length - (before[at] ?? 0));
      expect(Math.max(...asked)).toBeLessThanOrEqual(2);
      clock.shift(500);
    }
    expect(answered).toBeGreaterThanOrEqual(0.995 * turns);
  }, 60_000);

  test('a provider that is down is asked by few of many calls', async () => {
    const clock = shiftable();
    const { ask, asked } = mindOf([[unavailable], ['Hello']], { clock });
    for (let turn = 0; turn < 200; turn += 1) {
      await ask();
      clock.shift(100);
    }
    // 20 s: five failures, and a question now and then.
    expect(asked()[0]).toBeLessThanOrEqual(8);
    expect(asked()[1]).toBe(200);
  });
});

describe('ready', () => {
  const readyOf = (scripts: Scripted[][]) => mindOf(scripts, { readyMs: 100 }).mind.ready();

  test('is a chain of which one model is', async () => {
    await expect(readyOf([[refused], ['fine']])).resolves.toBeUndefined();
    await expect(readyOf([[STALL], ['fine']])).resolves.toBeUndefined();
  });

  test('is not a chain of which none is, and says what the first one lacks', async () => {
    await expect(readyOf([[refused], [unavailable]])).rejects.toMatchObject({ kind: 'refused' });
  });
});
