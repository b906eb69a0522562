import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { anotherCall } from '../../src/demo/another-call.ts';
import type { Phone } from '../../src/simulator/index.ts';

const dialled = { isOver: false } as Phone;
const rung = { isOver: false } as Phone;
const missed = { isOver: true } as Phone;

function ask(typed: string | undefined, ringing: Phone[] = []): Promise<Phone | undefined> {
  const input = new PassThrough();
  const answer = anotherCall({ input, output: new PassThrough(), ringing, dial: () => dialled });
  if (typed !== undefined) input.write(typed);
  return answer;
}

describe('after a call', () => {
  test('Enter calls again', async () => {
    expect(await ask('\n')).toBe(dialled);
  });

  test.each(['q\n', ' Quit \n'])('%j ends the demo', async (typed) => {
    expect(await ask(typed)).toBeUndefined();
  });

  test('the end of the input ends the demo', async () => {
    const input = new PassThrough();
    const answer = anotherCall({
      input,
      output: new PassThrough(),
      ringing: [],
      dial: () => dialled,
    });
    input.end();
    expect(await answer).toBeUndefined();
  });

  test('a call that rings is taken, one that was given up is not', async () => {
    expect(await ask(undefined, [missed, rung])).toBe(rung);
  });
});
