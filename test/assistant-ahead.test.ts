import { expect, jest, test } from '@jest/globals';
import type { AsksFirst, Assistants } from '../activities/ports.ts';
import type { Assistant } from '../workflows/assistant.ts';
import { findAssistantsAhead } from '../src/assistant-ahead.ts';
import { demoAssistant } from '../src/orchestrator/index.ts';

const ASSISTANT: Assistant = { ...demoAssistant, id: 'asst_1', version: 1 };
const QUERY = { number: '+15005550006', customer: '+15005550007' };

type Find = Assistants['findByNumber'];

function ahead(findByNumber: Find) {
  const find = jest.fn(findByNumber);
  const findById = () => Promise.reject(new Error('an inbound call names no assistant'));
  return { read: findAssistantsAhead({ findByNumber: find, findById }), find };
}

test('who answers is read with what was said to this caller before', async () => {
  const { read, find } = ahead(async () => ASSISTANT);
  expect(await read(QUERY)).toEqual(ASSISTANT);
  expect(find).toHaveBeenCalledWith(QUERY.number, { customer: QUERY.customer });
});

test('that nobody answers a number, and that its owner is to be asked first, is known as well', async () => {
  expect(await ahead(async () => undefined).read(QUERY)).toBeNull();
  const asks: AsksFirst = {
    asks: { numberId: 'pn_1', workspaceId: 'ws_1' },
    otherwise: ASSISTANT,
  };
  expect(await ahead(async () => asks).read(QUERY)).toEqual(asks);
});

test('a database that is away leaves it to whoever works on the call', async () => {
  const { read } = ahead(() => Promise.reject(new Error('away')));
  expect(await read(QUERY)).toBeUndefined();
});

test('what was read before serves while the database is away, or hangs', async () => {
  let database: Find = async () => ({ ...ASSISTANT, memory: 'of another caller' });
  const { read } = ahead((...asked) => database(...asked));
  await read(QUERY);
  database = () => Promise.reject(new Error('away'));
  expect(await read(QUERY)).toEqual(ASSISTANT);
  database = () => new Promise(() => undefined);
  expect(await read(QUERY)).toEqual(ASSISTANT);
});

test('a caller does not wait for a database that hangs', async () => {
  const { read } = ahead(() => new Promise(() => undefined));
  expect(await read(QUERY)).toBeUndefined();
});
