/** A caller who was not answered by the model that should have is told of. */
import { describe, expect, test } from '@jest/globals';
import type { ModelTry } from '../../workflows/contract.ts';
import { greeted } from './builders.ts';
import type { TestCall } from './builders.ts';

const asked = (model: string, outcome: ModelTry['outcome']): ModelTry => ({
  model,
  ms: 5,
  outcome,
});
const degraded = (call: TestCall) =>
  call.records().filter((event) => event.type === 'call.degraded');

function answeredAfter(tries: ModelTry[] | undefined): TestCall {
  const reply = { text: 'Yes.', end: false, model: 'b-2', ...(tries && { tries }) };
  return greeted().says('1').happen({ type: 'replied', key: '1', reply });
}

describe('a degraded turn', () => {
  test.each<[string, ModelTry[]]>([
    ['an earlier model failed', [asked('a', 'timeout'), asked('b', 'answered')]],
    ['an earlier model was passed over', [asked('a', 'skipped'), asked('b', 'answered')]],
  ])('is told of when %s', (_name, tries) => {
    const call = answeredAfter(tries);
    expect(degraded(call)).toEqual([
      {
        ...{ type: 'call.degraded', turnKey: '1', position: 1, cause: 'fallback_model' },
        ...{ model: 'b-2', tries },
      },
    ]);
    expect(call.records().at(-2)).toMatchObject({ type: 'call.turn.completed' });
  });

  test.each<[string, ModelTry[] | undefined]>([
    ['nothing is known of its tries', undefined],
    ['its first model answered', [asked('a', 'answered')]],
    [
      'its first model answered in the end',
      ['timeout', 'answered'].map((o) => asked('a', o as 'answered')),
    ],
    [
      'its first model answered after another had failed',
      [asked('a', 'timeout'), asked('b', 'timeout'), asked('a', 'answered')],
    ],
  ])('is not, when %s', (_name, tries) => {
    expect(degraded(answeredAfter(tries))).toEqual([]);
  });

  test('is told of when the caller heard an apology, at its place among the turns', () => {
    const call = greeted().exchanges('1').silent('2').says('3');
    const tries = [asked('a', 'timeout')];
    call.happen({ type: 'reply-failed', key: '3', tries });
    expect(degraded(call)).toEqual([
      { type: 'call.degraded', turnKey: '3', position: 3, cause: 'apology', tries },
    ]);
    call.takes('3').says('4').replyFails('4');
    expect(degraded(call).at(-1)).toMatchObject({ turnKey: '4', cause: 'apology', tries: [] });
  });

  test('is told of once, also when nobody heard the answer', () => {
    const call = greeted().says('1').replyFails('1').twilioSays('completed', 9);
    expect(call.turn('1')?.status).toBe('unheard');
    expect(degraded(call)).toHaveLength(1);
  });
});
