import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { apiDocs } from '../../../../src/http/api/frame/docs.ts';
import { describeApi } from '../../../../src/http/api/frame/openapi.ts';
import { refuseWithProblems } from '../../../../src/http/api/frame/refuse.ts';
import { createLogger } from '../../../../src/log.ts';

describe('the page that shows the API', () => {
  let app: FastifyInstance;
  let logged = '';
  beforeAll(async () => {
    app = fastify();
    const destination = { write: (line: string) => void (logged += line) };
    const log = createLogger({ level: 'trace', role: 'api', destination });
    refuseWithProblems(app, 'https://voice.example.com', log);
    await describeApi(app, 'https://voice.example.com', '1.2.3');
    await apiDocs(app);
  });
  afterAll(() => app.close());

  test('runs its own scripts alone, in no frame, also over plain http', async () => {
    for (const url of ['/docs', '/docs/static/index.css']) {
      const { headers, statusCode } = await app.inject({ url });
      const policy = String(headers['content-security-policy']);
      expect(statusCode).toBe(200);
      expect(policy).toMatch(/default-src 'none'; .*frame-ancestors 'none'; /);
      expect(policy).toMatch(/script-src 'self'; /);
      expect(policy).not.toMatch(/upgrade-insecure|https:|unsafe/);
    }
  });

  test('keeps no key, and asks nobody else about the description', async () => {
    const { body } = await app.inject({ url: '/docs/static/swagger-initializer.js' });
    expect(body).toContain('"persistAuthorization":false');
    expect(body).toContain('validatorUrl: null');
  });

  test.each(['/docs/static/%2e%2e/package.json', '/docs/static/../../package.json'])(
    'leads to no other file, and to no fault: %s',
    async (url) => {
      const { statusCode, body } = await app.inject({ url });
      expect(statusCode).toBe(404);
      expect(body).not.toContain('fastify');
      expect(logged).toBe('');
    },
  );
});
