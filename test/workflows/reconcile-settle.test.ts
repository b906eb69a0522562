import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Difference } from '../../activities/compare-calls.ts';
import { settleDifference } from '../../activities/reconcile.ts';
import { World } from './reconcile-world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
const settle = (kind: Difference['kind']) =>
  settleDifference(world.parties, { kind, callId: 'call_of_CA1', callSid: 'CA1' });

describe('a call that is over at Twilio', () => {
  test("is told Twilio's view", async () => {
    world.ended.set('CA1', 'completed');
    expect(await settle('over-at-twilio')).toBe('told');
    expect(world.done).toEqual([
      ['tell', 'call_of_CA1', { callSid: 'CA1', callStatus: 'completed', durationSeconds: 42 }],
    ]);
  });

  test('and unknown to it has failed', async () => {
    expect(await settle('over-at-twilio')).toBe('told');
    expect(world.done).toEqual([['tell', 'call_of_CA1', { callSid: 'CA1', callStatus: 'failed' }]]);
  });

  test('is left alone when it lives after all', async () => {
    world.at('CA1');
    expect(await settle('over-at-twilio')).toBe('agreed');
    expect(world.done).toEqual([]);
  });
});

describe('a call that is closed here', () => {
  test('is hung up', async () => {
    world.at('CA1');
    world.closed.add('call_of_CA1');
    expect(await settle('closed-here')).toBe('hung-up');
    expect(world.done).toEqual([['hang up', 'CA1']]);
  });

  test('is left alone when it has ended, or is open or unknown after all', async () => {
    world.closed.add('call_of_CA1');
    expect(await settle('closed-here')).toBe('agreed');
    world.at('CA1');
    world.closed.clear();
    expect(await settle('closed-here')).toBe('agreed');
    world.here('call_of_CA1', 'CA1');
    expect(await settle('closed-here')).toBe('agreed');
    expect(world.done).toEqual([]);
  });
});

describe('a call that never began', () => {
  test('begins', async () => {
    world.at('CA1');
    expect(await settle('never-began')).toBe('begun');
    expect(world.done).toEqual([['begin', 'CA1']]);
  });

  test('is left alone when it has begun or ended meanwhile, or was never answered', async () => {
    expect(await settle('never-began')).toBe('agreed');
    world.at('CA1', { status: 'ringing' });
    expect(await settle('never-began')).toBe('agreed');
    world.live = [];
    world.at('CA1');
    world.closed.add('call_of_CA1');
    expect(await settle('never-began')).toBe('agreed');
    expect(world.done).toEqual([]);
  });
});
