import { describe, expect, test } from '@jest/globals';
import { draftOf, patchBetween } from '../../src/cli/commands/assistant-draft.ts';
import { fakeApiOfEachTest, listOf, problem } from './fake-api.ts';
import type { Answering } from './fake-api.ts';

const answering = fakeApiOfEachTest();

const ASSISTANT = {
  id: 'asst_1',
  object: 'assistant',
  version: 3,
  name: 'Front desk',
  first_message: null,
  instructions: 'One.\nTwo.',
  voice: { language: 'en-US', name: null },
  listening: { hints: ['Luigi', 'Ada'] },
  metadata: { team: 'blue', floor: '2' },
  created_at: '2026-03-01T12:00:00.000Z',
  updated_at: '2026-03-02T12:00:00.000Z',
};
const shown: Answering = () => ({ body: ASSISTANT, headers: { etag: '"3"' } });

describe('voca assistants list', () => {
  test('is a table', async () => {
    const { run } = await answering(() => listOf([ASSISTANT]));
    const { code, out, err } = await run(['assistants', 'list']);
    expect([code, err]).toEqual([0, '']);
    expect(out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['ASSISTANT', 'NAME', 'VERSION', 'CHANGED'],
      ['asst_1', 'Front desk', '3', ASSISTANT.updated_at],
    ]);
  });

  test('is one array for programs, over all pages', async () => {
    const { run, log } = await answering(({ path }) =>
      path.includes('starting_after') ? listOf([{ id: 'asst_2' }]) : listOf([ASSISTANT], 'next'),
    );
    const { code, out } = await run(['assistants', 'list', '--all', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual([ASSISTANT, { id: 'asst_2' }]);
    expect(log()).toHaveLength(2);
  });

  test('says on the error stream that there are more', async () => {
    const { run, log } = await answering(() => listOf([ASSISTANT], 'next'));
    const { out, err } = await run(['assistants', 'list', '--limit', '1', '--json']);
    expect(JSON.parse(out)).toHaveLength(1);
    expect(err).toBe('');
    expect((await run(['assistants', 'list', '--limit', '1'])).err).toContain('--all');
    expect(log()[0]).toBe('GET /assistants?limit=1');
  });

  test('cuts long names for a person alone, and cannot be turned around by a name', async () => {
    const name = `\u202e\u001b[2J${'long '.repeat(20)}`;
    const { run } = await answering(() => listOf([{ ...ASSISTANT, name }]));
    const piped = await run(['assistants', 'list']);
    expect(piped.out).toContain('long '.repeat(20).trim());
    for (const sign of ['\u202e', '\u001b']) expect(piped.out).not.toContain(sign);
    const seen = await run(['assistants', 'list'], { isTerminal: true });
    expect(seen.out).toContain('…');
    expect(seen.out).not.toContain('long '.repeat(10));
  });
});

describe('voca assistants show', () => {
  test('names each field as --set does', async () => {
    const { run } = await answering(shown);
    const { code, out } = await run(['assistants', 'show', 'asst_1']);
    expect(code).toBe(0);
    expect(out).toMatch(/^voice\.language +en-US$/m);
    expect(out).toMatch(/^first_message +-$/m);
    expect(out).toMatch(/^listening\.hints +Luigi, Ada$/m);
    expect(out).toMatch(/^instructions *\n {4}One\.\n {4}Two\.$/m);
  });

  test('shows an older version', async () => {
    const { run, log } = await answering(shown);
    const { out } = await run(['assistants', 'show', 'asst_1', '--version', '2', '--json']);
    expect(JSON.parse(out)).toEqual(ASSISTANT);
    expect(log()).toEqual(['GET /assistants/asst_1/versions/2']);
  });

  test('fails for one that is not there, with nothing on the output', async () => {
    const { run } = await answering(() => problem(404, 'not-found'));
    expect(await run(['assistants', 'show', 'asst_9', '--json'])).toEqual({
      code: 1,
      out: '',
      err: 'Title of not-found. Detail of not-found.\n(not-found, request req_123)',
    });
  });
});

describe('voca assistants create', () => {
  test('takes single options, and paths of any depth', async () => {
    const { run, asked } = await answering(() => ({ status: 201, body: ASSISTANT }));
    const set = [
      'voice.language=de-DE',
      'limits.max_turns=20',
      'first_message=null',
      'metadata.n=7',
    ];
    const args = ['--name', 'A', '--instructions', 'Be kind.', ...set.flatMap((s) => ['--set', s])];
    const { code, out } = await run(['assistants', 'create', ...args]);
    expect([code, out]).toEqual([0, 'asst_1  version 3  Front desk']);
    expect(asked[0]).toMatchObject({ method: 'POST', path: '/assistants' });
    expect(asked[0]?.body).toEqual({
      name: 'A',
      instructions: 'Be kind.',
      voice: { language: 'de-DE' },
      limits: { max_turns: 20 },
      first_message: null,
      metadata: { n: '7' },
    });
  });

  test('takes a file or the standard input, over which options win', async () => {
    const { run, asked } = await answering(() => ({ status: 201, body: ASSISTANT }));
    const files = { '-': JSON.stringify({ name: 'A', instructions: 'x' }), 'told.txt': 'Be kind.' };
    const args = ['--file', '-', '--instructions-file', 'told.txt', '--name', 'B'];
    await run(['assistants', 'create', ...args], { files });
    expect(asked[0]?.body).toEqual({ name: 'B', instructions: 'Be kind.' });
  });

  test('makes a copy of what show printed', async () => {
    const { run, asked } = await answering(() => ({ status: 201, body: ASSISTANT }));
    const files = { 'a.json': JSON.stringify(ASSISTANT) };
    await run(['assistants', 'create', '--file', 'a.json'], { files });
    const { id: _id, object: _object, version: _version, ...rest } = ASSISTANT;
    const { created_at: _created, updated_at: _updated, ...content } = rest;
    expect(asked[0]?.body).toEqual(content);
  });

  test.each([
    [['assistants', 'create'], {}],
    [['assistants', 'create', '--file', 'a'], { a: 'no json' }],
    [['assistants', 'create', '--file', 'a'], { a: '[1]' }],
    [['assistants', 'create', '--set', 'voice'], {}],
    [['assistants', 'create', '--set', 'models=[1'], {}],
    [['assistants', 'create', '--set', 'metadata.__proto__=1'], {}],
    [['assistants', 'create', '--instructions', 'a', '--instructions-file', 'a'], { a: 'b' }],
    [['assistants', 'show', 'asst_1', '--version', '0'], {}],
    [['assistants', 'list', '--limit', 'many'], {}],
    [['assistants', 'delete'], {}],
    [['assistants'], {}],
  ])('is wrong use: %j', async (args, files) => {
    const { run, asked } = await answering(shown);
    const { code, out, err } = await run(args, { files });
    expect([code, out, asked]).toEqual([2, '', []]);
    expect(err).not.toBe('');
  });
});

describe('voca assistants update', () => {
  test('is made of what was read, and refused when that has changed', async () => {
    const { run, asked } = await answering(({ method }) =>
      method === 'GET' ? { body: ASSISTANT, headers: { etag: '"3"' } } : problem(412, 'changed'),
    );
    const { code, err } = await run(['assistants', 'update', 'asst_1', '--name', 'B']);
    expect(code).toBe(1);
    expect(err).toContain('Title of changed');
    expect(asked[1]).toMatchObject({ method: 'PATCH', body: { name: 'B' } });
    expect(asked[1]?.headers['if-match']).toBe('"3"');
  });

  test('may name the version that it is made of', async () => {
    const { run, asked } = await answering(shown);
    await run(['assistants', 'update', 'asst_1', '--name', 'B', '--if-version', '2']);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.headers['if-match']).toBe('"2"');
  });

  test('of a file that show printed takes out what was taken out there', async () => {
    const { run, asked } = await answering(shown);
    const edited = { ...ASSISTANT, version: 2, name: 'B', metadata: { team: 'blue' } };
    const files = { 'a.json': JSON.stringify(edited) };
    await run(['assistants', 'update', 'asst_1', '--file', 'a.json'], { files });
    expect(asked[1]?.body).toMatchObject({ name: 'B', metadata: { team: 'blue', floor: null } });
    expect(asked[1]?.headers['if-match']).toBe('"2"');
  });

  test('of another file leaves alone what it does not name', () => {
    expect(draftOf('{"name":"B"}', {})).toEqual({ content: { name: 'B' } });
    expect(patchBetween({ id: 'x', a: 1, b: { c: 1, d: 2 } }, { b: { c: 3 }, e: [1] })).toEqual({
      a: null,
      b: { d: null, c: 3 },
      e: [1],
    });
  });
});

describe('voca assistants delete', () => {
  const oneIsUsed: Answering = ({ path }) =>
    path.endsWith('asst_2') ? problem(409, 'in-use') : { status: 204 };

  test('deletes each, and fails when one of them was not', async () => {
    const { run, log } = await answering(oneIsUsed);
    const { code, out, err } = await run(['assistants', 'delete', 'asst_1', 'asst_2', 'asst_3']);
    expect([code, out]).toEqual([1, 'asst_1 is deleted.\nasst_3 is deleted.']);
    expect(err).toMatch(/^asst_2: Title of in-use/);
    expect(log()).toHaveLength(3);
  });

  test('tells programs what came of each', async () => {
    const { run } = await answering(oneIsUsed);
    const { code, out } = await run(['assistants', 'delete', 'asst_1', 'asst_2', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual([
      { id: 'asst_1', done: true },
      { id: 'asst_2', done: false },
    ]);
  });

  test('stops when the key may not', async () => {
    const { run, log } = await answering(() => problem(403, 'scope-missing'));
    expect((await run(['assistants', 'delete', 'asst_1', 'asst_2'])).code).toBe(4);
    expect(log()).toHaveLength(1);
  });
});
