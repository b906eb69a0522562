import { beforeEach, describe, expect, test } from '@jest/globals';
import { compareCalls, inTurn } from '../../activities/compare-calls.ts';
import { FOREIGN, OURS, SOMEBODY, STORED, World } from './reconcile-world.ts';

const GRACE_MS = 60_000;

let world: World;
beforeEach(() => {
  world = new World();
});
const compare = () => compareCalls(world.parties, GRACE_MS);
const differences = async () => (await compare()).differences;

describe('calls that both sides know', () => {
  test('agree', async () => {
    world.at('CA1');
    world.here('call_of_CA1', 'CA1');
    world.at('CA2', { direction: 'outbound-api', from: OURS, to: SOMEBODY });
    world.here('call_2', 'CA2', 'outbound');
    world.stored.set('CA2', 'call_2');
    expect(await compare()).toEqual({ differences: [], open: 2, live: 2, foreign: 0 });
  });

  test('agree also when the database is away and Twilio must be asked one by one', async () => {
    world.isDatabaseAway = true;
    world.at('CA2', { direction: 'outbound-api', from: OURS, to: SOMEBODY });
    world.here('call_2', 'CA2', 'outbound');
    expect(await differences()).toEqual([]);
  });
});

describe('a call that is open here', () => {
  test.each(['completed', 'busy', 'failed', 'no-answer', 'canceled'])(
    'differs when it is %s at Twilio',
    async (status) => {
      world.here('call_1', 'CA1');
      world.ended.set('CA1', status);
      expect(await differences()).toEqual([
        { kind: 'over-at-twilio', callId: 'call_1', callSid: 'CA1' },
      ]);
    },
  );

  test('differs when Twilio does not know it', async () => {
    world.here('call_1', 'CA1', 'outbound');
    expect(await differences()).toMatchObject([{ kind: 'over-at-twilio', callId: 'call_1' }]);
  });

  test('agrees when only the list does not show it', async () => {
    world.here('call_1', 'CA1');
    world.ended.set('CA1', 'in-progress');
    expect(await differences()).toEqual([]);
  });

  test('is left out while it is young', async () => {
    world.here('call_1', 'CA1', 'inbound', GRACE_MS - 5000);
    expect(await differences()).toEqual([]);
  });

  test('is left out before Twilio has given it an id, and when it knows that it is over', async () => {
    world.here('call_1', undefined, 'outbound');
    world.here('call_2', 'CA2');
    world.standings.set('call_2', { callSid: 'CA2', isOver: true });
    expect(await differences()).toEqual([]);
  });

  test('that cannot be asked does not keep the others', async () => {
    world.here('call_1', 'CA1');
    world.here('call_2', 'CA2');
    world.stuck.add('call_1');
    expect(await differences()).toMatchObject([{ callId: 'call_2' }]);
  });
});

describe('a call that is live at Twilio', () => {
  test.each(['queued', 'ringing', 'in-progress'])(
    'differs when it is closed here, also while %s',
    async (status) => {
      world.at('CA1', { status });
      world.closed.add('call_of_CA1');
      expect(await differences()).toEqual([
        { kind: 'closed-here', callId: 'call_of_CA1', callSid: 'CA1' },
      ]);
    },
  );

  test('that we placed differs when the database knows it and it is closed here', async () => {
    world.at('CA2', { direction: 'outbound-api', from: STORED, to: SOMEBODY });
    world.stored.set('CA2', 'call_2');
    world.closed.add('call_2');
    expect(await differences()).toEqual([
      { kind: 'closed-here', callId: 'call_2', callSid: 'CA2' },
    ]);
  });

  test('begins when it was answered, is unknown here and its number leads to us', async () => {
    world.at('CA1', { to: STORED });
    expect(await differences()).toEqual([
      { kind: 'never-began', callId: 'call_of_CA1', callSid: 'CA1' },
    ]);
  });

  test('is left alone when its number leads somewhere else, or before it is answered', async () => {
    world.leadsToUs.clear();
    world.at('CA1');
    world.leadsToUs.add(STORED);
    world.at('CA2', { to: STORED, status: 'ringing' });
    expect(await compare()).toMatchObject({ differences: [], foreign: 2 });
  });

  test('is left alone when it was placed from our number by somebody else', async () => {
    world.at('CA2', { direction: 'outbound-api', from: OURS, to: SOMEBODY });
    expect(await compare()).toMatchObject({ differences: [], foreign: 1 });
  });

  test('is left alone when the database knows it and Temporal does not', async () => {
    world.at('CA2', { direction: 'outbound-api', from: OURS, to: SOMEBODY });
    world.stored.set('CA2', 'call_2');
    expect(await compare()).toMatchObject({ differences: [], foreign: 1 });
  });

  test('is left alone when none of its numbers is ours, or when it is the leg of another call', async () => {
    world.at('CA1', { to: FOREIGN });
    world.closed.add('call_of_CA1');
    world.at('CA2', { direction: 'outbound-api', from: FOREIGN, to: OURS });
    world.at('CA3', { direction: 'outbound-dial', from: OURS, to: SOMEBODY });
    expect(await compare()).toEqual({ differences: [], open: 0, live: 0, foreign: 0 });
  });

  test.each([{ ageMs: GRACE_MS - 5000 }, { since: undefined }])(
    'is left out while it is young, or of unknown age (%j)',
    async (age) => {
      world.at('CA1', age as { ageMs: number });
      world.closed.add('call_of_CA1');
      expect(await differences()).toEqual([]);
    },
  );

  test('is not touched with the database away, unless its own id proves that it is ours', async () => {
    world.isDatabaseAway = true;
    world.at('CA1');
    world.closed.add('call_of_CA1');
    world.at('CA2', { direction: 'outbound-api', from: OURS, to: SOMEBODY });
    world.at('CA3', { to: STORED });
    world.stored.set('CA2', 'call_2');
    world.closed.add('call_2');
    expect(await differences()).toMatchObject([{ callSid: 'CA1' }]);
  });
});

test('with Twilio away nothing is said at all', async () => {
  world.here('call_1', 'CA1');
  world.isTwilioAway = true;
  await expect(compare()).rejects.toThrow('Twilio is away');
});

describe('more calls than are looked at in a round', () => {
  const calls = Array.from({ length: 250 }, (_each, at) => at);

  test('have their turn, the same ones in two looks that follow each other', () => {
    const seen = new Set<number>();
    for (let minute = 0; minute < 15; minute += 3) {
      const first = inTurn(calls, minute * 60_000);
      expect(first).toHaveLength(100);
      expect(inTurn(calls, minute * 60_000 + 30_000)).toEqual(first);
      first.forEach((call) => seen.add(call));
    }
    expect(seen.size).toBe(250);
  });

  test('are all looked at when there are few', () => {
    expect(inTurn(calls.slice(0, 100), 1e12)).toEqual(calls.slice(0, 100));
  });
});
