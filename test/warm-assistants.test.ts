import { describe, expect, test } from '@jest/globals';
import { DatabaseError } from '../src/db/errors.ts';
import { warmAssistants } from '../src/warm-assistants.ts';

const OURS = ['+15005550001', '+15005550002', '+15005550003'];
const numbers = {
  list: () => Promise.resolve(OURS.map((number, at) => ({ id: `pn_${at}`, number }))),
};

/** @param failing what reading the second number throws */
async function warmed(failing?: Error): Promise<string[]> {
  const read: string[] = [];
  const load = ({ number }: { number: string }) => {
    read.push(number);
    return failing && number === OURS[1] ? Promise.reject(failing) : Promise.resolve(null);
  };
  await warmAssistants(numbers, load).catch((error: unknown) => read.push(String(error)));
  return read;
}

describe('a worker that starts', () => {
  test('reads who answers each of our numbers', async () => {
    expect(await warmed()).toEqual(OURS);
  });

  test('goes on behind an assistant that is not usable', async () => {
    expect(await warmed(new DatabaseError('Not usable', 'bad-config', false))).toEqual(OURS);
  });

  test('gives up when the database is away again', async () => {
    const read = await warmed(new DatabaseError('Finding', 'ECONNREFUSED', true));
    expect(read).toEqual([...OURS.slice(0, 2), expect.stringContaining('ECONNREFUSED')]);
  });
});
