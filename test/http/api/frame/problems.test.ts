import { describe, expect, test } from '@jest/globals';
import fastify from 'fastify';
import { DatabaseError } from '../../../../src/db/errors.ts';
import { Problem, PROBLEMS } from '../../../../src/http/api/frame/problems.ts';
import type { ProblemCode } from '../../../../src/http/api/frame/problems.ts';
import { refuseWithProblems } from '../../../../src/http/api/frame/refuse.ts';
import { createLogger } from '../../../../src/log.ts';

const CODES = Object.keys(PROBLEMS) as ProblemCode[];
const SECRET = 'canary +14155550100';

async function answerTo(error: unknown) {
  let logged = '';
  const log = createLogger({
    level: 'trace',
    role: 'api',
    destination: { write: (line: string) => void (logged += line) },
  });
  const app = fastify({ genReqId: () => 'req_1' });
  refuseWithProblems(app, 'https://voice.example.com/voca', log);
  app.get('/x', async () => {
    throw error;
  });
  const answer = await app.inject('/x?number=%2B14155550100');
  return { answer, body: answer.json<Record<string, unknown>>(), logged };
}

describe('a problem', () => {
  test.each(CODES)('%s is answered in its form', async (code) => {
    const { answer, body } = await answerTo(new Problem(code));
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.statusCode).toBe(PROBLEMS[code][0]);
    expect(body).toEqual({
      type: `https://voice.example.com/voca/problems/${code}`,
      title: PROBLEMS[code][1],
      status: PROBLEMS[code][0],
      detail: PROBLEMS[code][2],
      instance: '/x',
      code,
      request_id: 'req_1',
    });
  });

  test('says when to come again, and names the faults', async () => {
    const faults = [{ pointer: '/a', code: 'bad', message: 'It is bad' }];
    const { answer, body } = await answerTo(
      new Problem('invalid', 'Not so.', { faults, retryAfterSeconds: 7 }),
    );
    expect(answer.headers['retry-after']).toBe('7');
    expect(body).toMatchObject({ detail: 'Not so.', errors: faults });
  });

  test('of a database that is away passes, of our own mistakes tells nothing', async () => {
    const away = await answerTo(new DatabaseError('Reading failed', '57P01', true));
    expect([away.answer.statusCode, away.body['code']]).toEqual([503, 'unavailable']);
    expect(away.answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    for (const error of [new Error(SECRET), SECRET]) {
      const { answer, body, logged } = await answerTo(error);
      expect([answer.statusCode, body['code']]).toEqual([500, 'internal']);
      expect(answer.payload).not.toContain('canary');
      expect(logged).not.toContain('canary');
      expect(logged).toContain('req_1');
    }
    for (const statusCode of [403, 404]) {
      const { answer, logged } = await answerTo(Object.assign(new Error(SECRET), { statusCode }));
      expect([answer.statusCode, logged]).toEqual([404, '']);
    }
    const broken = await answerTo(new DatabaseError('Reading failed', 'bug', false));
    expect([broken.answer.statusCode, broken.body['code']]).toEqual([500, 'internal']);
    expect(broken.answer.payload).not.toContain('Reading');
  });
});
