import { describe, expect, test } from '@jest/globals';
import { ModelError, type LanguageModel } from '../../src/orchestrator/llm.ts';
import { makeCall } from './make-call.ts';
import { orchestratorOf, ScriptedModel, STALL } from './scripted-model.ts';

const SHORT = { totalMs: 400, tryMs: 100, readyMs: 50 };
const heard = { kind: 'speech', text: 'hello' } as const;
const ask = (model: LanguageModel, options = SHORT, signal?: AbortSignal) =>
  orchestratorOf([model], options).generateReply(makeCall('Hi.'), heard, {
    ...(signal && { signal }),
  });
const unavailable = (retryAfterMs?: number) =>
  new ModelError('unavailable', 'down', retryAfterMs === undefined ? {} : { retryAfterMs });

describe('a reply', () => {
  test('is the cleaned answer of the model with its name and tokens', async () => {
    const tokens = { prompt: 3, completion: 4 };
    const model = new ScriptedModel({
      text: '**Hello**\n<b>you</b>',
      end: false,
      model: 'x',
      tokens,
    });
    expect(await ask(model)).toEqual({
      text: 'Hello you',
      end: false,
      model: 'x',
      tokens,
      tries: [{ model: 'scripted', ms: expect.any(Number), outcome: 'answered' }],
    });
    expect(model.prompts[0]?.messages.at(-1)).toEqual({ role: 'user', content: 'hello' });
  });

  test('may be without words when it ends the call', async () => {
    const model = new ScriptedModel({ text: '', end: true, model: 'x' });
    expect(await ask(model)).toMatchObject({ text: '', end: true, model: 'x' });
  });

  test('of nothing but markup counts as a bad answer and is asked for again', async () => {
    const model = new ScriptedModel('<break/>**', 'Hello');
    expect((await ask(model)).text).toBe('Hello');
    await expect(ask(new ScriptedModel('...', '```\n```'))).rejects.toMatchObject({
      kind: 'bad-answer',
    });
  });
});

describe('tries', () => {
  test('a failure that may pass is tried once more, and no more than that', async () => {
    const model = new ScriptedModel(unavailable(1), unavailable(1), 'too late');
    await expect(ask(model)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(model.prompts).toHaveLength(2);
  });

  test('a failure that will not pass is not tried again', async () => {
    const model = new ScriptedModel(new ModelError('refused', 'no'), 'late');
    await expect(ask(model)).rejects.toMatchObject({ kind: 'refused', retryable: false });
    expect(model.prompts).toHaveLength(1);
  });

  test('an error that is no ModelError is not tried again, and comes as one', async () => {
    const model = new ScriptedModel(new TypeError('a bug that says 1234'), 'late');
    const error: unknown = await ask(model).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ModelError);
    expect(String(error)).not.toContain('1234');
    expect(model.prompts).toHaveLength(1);
  });

  test('a wait that the server asks for is kept when it fits', async () => {
    const before = performance.now();
    expect((await ask(new ScriptedModel(unavailable(120), 'Hello'))).text).toBe('Hello');
    expect(performance.now() - before).toBeGreaterThanOrEqual(118);
  });

  test('a wait that does not fit fails at once', async () => {
    const before = performance.now();
    const model = new ScriptedModel(unavailable(20_000), 'late');
    await expect(ask(model)).rejects.toMatchObject({ retryAfterMs: 20_000 });
    expect(performance.now() - before).toBeLessThan(100);
    expect(model.prompts).toHaveLength(1);
  });
});

describe('deadlines', () => {
  test('a try that stalls is given up, and the second one answers', async () => {
    const model = new ScriptedModel(STALL, 'Hello');
    expect((await ask(model)).text).toBe('Hello');
    expect(model.signals[0]?.aborted).toBe(true);
  });

  test('two stalled tries end within their two deadlines', async () => {
    const before = performance.now();
    await expect(ask(new ScriptedModel(STALL, STALL))).rejects.toMatchObject({
      kind: 'timeout',
    });
    const tookMs = performance.now() - before;
    expect(tookMs).toBeGreaterThanOrEqual(195);
    expect(tookMs).toBeLessThan(400);
  });

  test('the budget of the turn cuts the second try short', async () => {
    const before = performance.now();
    const options = { totalMs: 150, tryMs: 100, readyMs: 50 };
    await expect(ask(new ScriptedModel(STALL, STALL), options)).rejects.toMatchObject({
      kind: 'timeout',
    });
    expect(performance.now() - before).toBeLessThan(195);
  });

  test('a second try that has no time left is not begun', async () => {
    const model = new ScriptedModel(STALL, 'late');
    const options = { totalMs: 110, tryMs: 100, readyMs: 50 };
    await expect(ask(model, options)).rejects.toMatchObject({ kind: 'timeout' });
    expect(model.prompts).toHaveLength(1);
  });

  test('by default a turn ends before the workflow gives up on it', async () => {
    const model = new ScriptedModel(unavailable(16_500), 'late');
    await expect(ask(model, {} as typeof SHORT)).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

describe('cancelling', () => {
  test('stops the try under way and rejects with the reason', async () => {
    const controller = new AbortController();
    const model = new ScriptedModel(STALL, 'late');
    const reply = ask(model, SHORT, controller.signal);
    const reason = new Error('the caller hung up');
    controller.abort(reason);
    await expect(reply).rejects.toBe(reason);
    expect(model.signals[0]?.aborted).toBe(true);
    expect(model.prompts).toHaveLength(1);
  });

  test('stops the wait before a second try', async () => {
    const controller = new AbortController();
    const model = new ScriptedModel(unavailable(200), 'late');
    const reply = ask(model, SHORT, controller.signal);
    await new Promise((resolve) => setImmediate(resolve));
    const reason = new Error('the caller hung up');
    controller.abort(reason);
    await expect(reply).rejects.toBe(reason);
    expect(model.prompts).toHaveLength(1);
  });

  test('asks nothing when it came before', async () => {
    const model = new ScriptedModel('late');
    await expect(ask(model, SHORT, AbortSignal.abort(new Error('over')))).rejects.toThrow('over');
    expect(model.prompts).toHaveLength(0);
  });
});

describe('ready', () => {
  test('resolves when the model is, and names it', async () => {
    const orchestrator = orchestratorOf([new ScriptedModel('fine')], SHORT);
    await expect(orchestrator.ready()).resolves.toBeUndefined();
    expect(orchestrator.model).toBe('scripted');
  });

  test('rejects when the model is not, or does not say', async () => {
    const refused = orchestratorOf([new ScriptedModel(new ModelError('refused', 'no'))], SHORT);
    await expect(refused.ready()).rejects.toMatchObject({ kind: 'refused' });
    const stalled = orchestratorOf([new ScriptedModel(STALL)], SHORT);
    await expect(stalled.ready()).rejects.toMatchObject({ kind: 'timeout' });
  });
});
