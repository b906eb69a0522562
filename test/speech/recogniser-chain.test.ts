import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SpeechError, type SpeechTry } from '../../src/speech/index.ts';
import { RecogniserChain } from '../../src/speech/recogniser-chain.ts';
import type { RecogniserLink } from '../../src/speech/recogniser-links.ts';
import { ProviderHealth } from '../../src/vendors/provider-health.ts';
import { until } from '../orchestrator/until.ts';
import { inPieces, murmur, silence } from './caller-audio.ts';
import { Listening } from './listening.ts';
import { ScriptedRecogniser } from './scripted-recogniser.ts';

const broken = () => new SpeechError('unavailable', 'broken');
const refused = () => new SpeechError('refused', 'refused');

describe('a chain of recognisers', () => {
  let first: ScriptedRecogniser;
  let second: ScriptedRecogniser;
  let links: (RecogniserLink & { recogniser: ScriptedRecogniser })[];
  let tries: SpeechTry[];
  let callers: Listening[] = [];
  let nowMs: number | undefined;

  beforeEach(() => {
    first = new ScriptedRecogniser('first/a');
    second = new ScriptedRecogniser('second/b');
    tries = [];
    nowMs = undefined;
    links = [first, second].map((recogniser) => {
      const clock = { now: () => nowMs ?? performance.now(), random: () => 0.5 };
      const health = new ProviderHealth(clock);
      const name = recogniser.name.split('/')[0] ?? '';
      return { provider: { name, health, recogniser: () => recogniser }, recogniser };
    });
  });
  afterEach(() => {
    for (const each of callers.splice(0)) each.close();
  });

  function listen(
    used: readonly RecogniserLink[] = links,
    times = { hedgeMs: 60, flushMs: 1_000 },
  ) {
    const clock = { now: () => nowMs ?? performance.now(), random: () => 0.5 };
    const onTry = (each: SpeechTry): void => void tries.push(each);
    const caller = new Listening(new RecogniserChain(used, { times, onTry, clock }));
    callers.push(caller);
    return caller;
  }

  test('is the first one as long as this is well', async () => {
    const caller = listen();
    caller.say(murmur(100));
    caller.flush();
    first.last.say(
      { type: 'partial', text: 'a' },
      { type: 'final', text: 'a b', confidence: 0.5, untilMs: 90 },
      { type: 'flushed' },
    );
    expect(caller.events).toEqual([
      { type: 'partial', text: 'a' },
      { type: 'final', text: 'a b', confidence: 0.5, untilMs: 90 },
      { type: 'flushed' },
    ]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(second.sessions).toHaveLength(0);
    expect(tries).toMatchObject([{ provider: 'first', name: 'first/a', outcome: 'answered' }]);
  });

  test('gives the next one what was said since the last final, when the first one fails', () => {
    const caller = listen();
    caller.say(murmur(400));
    first.last.say({ type: 'final', text: 'told already', untilMs: 250 });
    caller.session.send(new Uint8Array([1, 2, 3]));
    caller.flush();
    first.last.say({ type: 'failed', error: broken() });
    expect(first.last.isClosed).toBe(true);
    // The voice goes on from before; the 150 ms that are not told; the 3 bytes; what was asked for.
    expect(second.last.given).toEqual(['voice', 150 * 8 + 3, 'flush']);
    expect(second.last.audio.slice(-3)).toEqual([1, 2, 3]);
    second.last.say({ type: 'final', text: 'and the rest', untilMs: 100 }, { type: 'flushed' });
    expect(caller.events).toEqual([
      { type: 'final', text: 'told already', untilMs: 250 },
      { type: 'final', text: 'and the rest', untilMs: 350 },
      { type: 'flushed' },
    ]);
    expect(tries.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['first/a', 'unavailable'],
      ['second/b', 'answered'],
    ]);
  });

  test('knows what was told already by two of them, when the second one fails as well', () => {
    nowMs = 1_000;
    const caller = listen();
    caller.say(murmur(400));
    first.last.say({ type: 'final', text: 'one', untilMs: 250 });
    first.last.say({ type: 'failed', error: broken() });
    second.last.say({ type: 'final', text: 'two', untilMs: 100 });
    nowMs += 60_000;
    second.last.say({ type: 'failed', error: broken() });
    expect(first.last.given).toEqual(['voice', 50 * 8]);
    first.last.say({ type: 'final', text: 'three', untilMs: 50 });
    expect(caller.events.map((each) => 'untilMs' in each && each.untilMs)).toEqual([250, 350, 400]);
  });

  test('takes a final that does not say how far it reaches for all that was sent', () => {
    const caller = listen();
    caller.say(murmur(400));
    first.last.say({ type: 'final', text: 'all of it' }, { type: 'failed', error: broken() });
    expect(second.last.given).toEqual(['voice']);
  });

  test('does not give again what is answered', () => {
    const caller = listen();
    caller.say(murmur(400));
    caller.flush();
    caller.say(silence(100), { voice: false });
    first.last.say({ type: 'flushed' });
    caller.say(murmur(40));
    first.last.say({ type: 'failed', error: broken() });
    expect(second.last.given).toEqual([100 * 8 + 160, 'voice', 160]);
  });

  test('keeps half a minute of a caller who speaks, and a second of one who does not', () => {
    const caller = listen();
    caller.say(silence(90_000), { voice: false });
    caller.say(murmur(500));
    first.last.say({ type: 'failed', error: broken() });
    expect(second.last.given).toEqual([8_000, 'voice', 500 * 8 - 160]);
    caller.say(murmur(60_000), { voice: false });
    second.last.say({ type: 'failed', error: broken() });
    expect(caller.types).toEqual(['failed']);
    const other = listen();
    other.say(murmur(60_000));
    first.last.say({ type: 'failed', error: broken() });
    expect(second.last.given).toEqual(['voice', 240_000]);
  });

  test('hears nothing more from who has failed', () => {
    const caller = listen();
    const old = first.last;
    old.say({ type: 'failed', error: broken() });
    old.say({ type: 'final', text: 'a ghost' }, { type: 'flushed' });
    expect(caller.events).toEqual([]);
  });

  test('fails when all are out, with the last error', () => {
    const caller = listen();
    first.last.say({ type: 'failed', error: broken() });
    const error = refused();
    second.last.say({ type: 'failed', error });
    expect(caller.events).toEqual([{ type: 'failed', error }]);
    expect(second.last.isClosed).toBe(true);
    caller.say(murmur(20));
    caller.flush();
    expect(second.last.given).toEqual([]);
  });

  test('of nobody fails', async () => {
    const caller = listen([]);
    expect(caller.early).toEqual([]);
    expect((await caller.failed()).error).toMatchObject({ kind: 'refused' });
  });

  test('asks one that broke off again, once, when there is nobody else', () => {
    const [alone] = links;
    const caller = listen(alone ? [alone] : []);
    first.last.options.onReady?.();
    caller.say(murmur(40));
    first.last.say({ type: 'failed', error: broken() });
    expect(first.sessions).toHaveLength(2);
    expect(first.last.given).toEqual([160, 'voice', 160]);
    first.last.options.onReady?.();
    first.last.say({ type: 'failed', error: broken() });
    expect(caller.types).toEqual(['failed']);
  });

  test('does not ask again who has refused, or had not let us in', () => {
    const [alone] = links;
    for (const [isIn, error] of [
      [true, refused()],
      [false, broken()],
    ] as const) {
      first.sessions.length = 0;
      const caller = listen(alone ? [alone] : []);
      if (isIn) first.last.options.onReady?.();
      first.last.say({ type: 'failed', error });
      expect(caller.types).toEqual(['failed']);
      expect(first.sessions).toHaveLength(1);
    }
  });

  test('comes back to the first one later in a long call', () => {
    nowMs = 1_000;
    const caller = listen();
    first.last.say({ type: 'failed', error: broken() });
    nowMs += 60_000;
    second.last.say({ type: 'failed', error: broken() });
    expect(first.sessions).toHaveLength(2);
    expect(caller.events).toEqual([]);
  });

  test('of new calls does not begin at a provider that is dead', () => {
    for (let call = 0; call < 5; call += 1) {
      listen();
      first.last.say({ type: 'failed', error: broken() });
    }
    tries.length = 0;
    const before = first.sessions.length;
    listen();
    expect(first.sessions).toHaveLength(before);
    expect(tries).toEqual([{ provider: 'first', name: 'first/a', outcome: 'skipped', ms: 0 }]);
    // And when the other one fails as well, it is better to try than to give up.
    second.last.say({ type: 'failed', error: broken() });
    expect(first.sessions).toHaveLength(before + 1);
  });

  test('does not come to a server before the time that this has named', () => {
    listen();
    const error = new SpeechError('rate-limit', 'too many', { retryAfterMs: 60_000 });
    first.last.say({ type: 'failed', error });
    const caller = listen();
    expect(first.sessions).toHaveLength(1);
    second.last.say({ type: 'failed', error: broken() });
    expect(caller.types).toEqual(['failed']);
  });

  test('learns from a session that went well for long and then broke', () => {
    for (let call = 0; call < 5; call += 1) {
      listen();
      first.last.say({ type: 'partial', text: 'well' });
    }
    for (const each of first.sessions) each.say({ type: 'failed', error: broken() });
    expect(links[0]?.provider.health.state).toBe('open');
  });

  test('a session that is closed before it said anything says nothing of its provider', () => {
    nowMs = 0;
    for (let call = 0; call < 5; call += 1) {
      listen();
      first.last.say({ type: 'failed', error: broken() });
    }
    nowMs = 30_000;
    expect(links[0]?.provider.health.state).toBe('half-open');
    listen().close();
    expect(links[0]?.provider.health.state).toBe('half-open');
    expect(links[0]?.provider.health.isOpenToQuestions()).toBe(true);
  });

  describe('with a flush that is late', () => {
    test('sets the next one to work, and lets it go when the first one answers', async () => {
      const caller = listen();
      caller.say(murmur(100));
      caller.flush();
      await until(() => second.sessions.length === 1);
      expect(second.last.given).toEqual([160, 'voice', 640, 'flush']);
      second.last.say({ type: 'partial', text: 'held back' });
      first.last.say({ type: 'final', text: 'first after all', untilMs: 100 });
      expect(second.last.isClosed).toBe(true);
      first.last.say({ type: 'flushed' });
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(caller.events).toEqual([
        { type: 'final', text: 'first after all', untilMs: 100 },
        { type: 'flushed' },
      ]);
      expect(tries.map(({ name, outcome }) => [name, outcome])).toEqual([
        ['second/b', 'unused'],
        ['first/a', 'answered'],
      ]);
      expect(first.last.isClosed).toBe(false);
    });

    test('goes on with the next one when the deadline has passed', async () => {
      const caller = listen();
      caller.say(murmur(100));
      caller.flush();
      await until(() => second.sessions.length === 1);
      second.last.say({ type: 'final', text: 'in its place', untilMs: 100 }, { type: 'flushed' });
      expect(caller.events).toEqual([]);
      await until(() => first.last.isClosed);
      expect(caller.events).toEqual([
        { type: 'final', text: 'in its place', untilMs: 100 },
        { type: 'flushed' },
      ]);
      expect(tries).toMatchObject([
        { name: 'second/b', outcome: 'answered' },
        { name: 'first/a', outcome: 'timeout' },
      ]);
      caller.say(murmur(20));
      expect(second.last.given.at(-1)).toBe('voice');
    });

    test('goes on with it at once when the first one fails meanwhile', async () => {
      const caller = listen();
      caller.say(murmur(100));
      caller.flush();
      await until(() => second.sessions.length === 1);
      second.last.say({ type: 'partial', text: 'half' });
      first.last.say({ type: 'failed', error: broken() });
      expect(caller.events).toEqual([{ type: 'partial', text: 'half' }]);
      second.last.say({ type: 'final', text: 'half and whole' }, { type: 'flushed' });
      expect(caller.types).toEqual(['partial', 'final', 'flushed']);
      expect(second.sessions).toHaveLength(1);
    });

    test('does not tell twice what the first one told before it fell silent', async () => {
      const caller = listen();
      caller.say(murmur(100));
      caller.flush();
      await until(() => second.sessions.length === 1);
      second.last.say({ type: 'final', text: 'one two' }, { type: 'flushed' });
      first.last.say({ type: 'final', text: 'one', untilMs: 50 });
      await until(() => second.sessions.length === 2);
      expect(second.last.given).toEqual(['voice', 400, 'flush']);
      second.last.say({ type: 'final', text: 'two', untilMs: 50 }, { type: 'flushed' });
      await until(() => caller.count('flushed') === 1);
      expect(caller.text).toBe('one two');
    });

    test('waits for the only one as long as this takes', async () => {
      const [alone] = links;
      const caller = listen(alone ? [alone] : [], { hedgeMs: 20, flushMs: 60 });
      caller.flush();
      await new Promise((resolve) => setTimeout(resolve, 250));
      expect(first.last.isClosed).toBe(false);
      first.last.say({ type: 'flushed' });
      expect(caller.types).toEqual(['flushed']);
    });

    test('tries a third one when the second one fails', async () => {
      const third = new ScriptedRecogniser('third/c');
      const provider = { name: 'third', health: new ProviderHealth(), recogniser: () => third };
      const caller = listen([...links, { provider, recogniser: third }]);
      caller.flush();
      await until(() => second.sessions.length === 1);
      second.last.say({ type: 'failed', error: broken() });
      await until(() => third.sessions.length === 1);
      first.last.say({ type: 'failed', error: broken() });
      third.last.say({ type: 'flushed' });
      expect(caller.types).toEqual(['flushed']);
    });

    test('closes both with the session', async () => {
      const caller = listen();
      caller.flush();
      await until(() => second.sessions.length === 1);
      caller.close();
      expect([first.last.isClosed, second.last.isClosed]).toEqual([true, true]);
      second.last.say({ type: 'flushed' });
      expect(caller.events).toEqual([]);
    });
  });

  test('answers each flush once, whoever answers, and none that nobody asked for', () => {
    const caller = listen();
    first.last.say({ type: 'flushed' });
    for (const piece of inPieces(murmur(40))) caller.session.send(piece);
    caller.flush();
    caller.flush();
    first.last.say({ type: 'flushed' });
    first.last.say({ type: 'failed', error: broken() });
    expect(second.last.given).toEqual(['flush']);
    second.last.say({ type: 'flushed' }, { type: 'flushed' });
    expect(caller.types).toEqual(['flushed', 'flushed']);
  });
});
