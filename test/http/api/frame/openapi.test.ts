/** The description of the API: complete, consistent, and the one that stands in the repository. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import formats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { PROBLEMS } from '../../../../src/http/api/frame/problems.ts';
import { SCOPES } from '../../../../src/http/api/sign-in/caller.ts';
import { operationsOf, resolved, servedDescription } from '../served-description.ts';
import type { Answer, Description, Schema } from '../served-description.ts';

const FILE = join(import.meta.dirname, '..', '..', '..', '..', 'openapi.json');

const compare = (a: string, b: string) => a.localeCompare(b);

let api: Description;
beforeAll(async () => {
  api = await servedDescription();
});

test('openapi.json is what the application serves', () => {
  const text = `${JSON.stringify(api, null, 2)}\n`;
  if (process.env['UPDATE_OPENAPI'] === '1') writeFileSync(FILE, text);
  expect(readFileSync(FILE, 'utf8')).toBe(text);
});

/** Every part of the description, with where it stands. */
function* partsOf(part: unknown, at = '#'): Generator<[string, Record<string, unknown>]> {
  if (typeof part !== 'object' || part === null) return;
  if (!Array.isArray(part)) yield [at, part as Record<string, unknown>];
  for (const [name, value] of Object.entries(part)) yield* partsOf(value, `${at}/${name}`);
}

const addFormats = formats as unknown as (ajv: Ajv2020) => void;

function compiler(): Ajv2020 {
  const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true });
  addFormats(ajv);
  for (const [name, schema] of Object.entries(api.components['schemas'] ?? {})) {
    ajv.addSchema(compilable(schema as Schema), name);
  }
  return ajv;
}

/** With references by the names that the compiler knows. */
function compilable(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/schemas/', '"')) as Schema;
}

describe('the description of the API', () => {
  test('is of OpenAPI 3.1, with a key as its one way in', () => {
    expect(api.openapi).toMatch(/^3\.1\.\d+$/);
    expect(Object.keys(api.components['securitySchemes'] ?? {})).toEqual(['key']);
    expect(api.security).toEqual([{ key: [] }]);
  });

  test('names every route, and each by a name of its own', () => {
    const operations = operationsOf(api);
    expect(operations.length).toBeGreaterThan(5);
    const names = operations.map(({ operation }) => operation.operationId);
    expect(names.filter((name) => !/^[a-z]+([A-Z][a-z]*)+$/.test(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
    const tags = api.tags.map(({ name }) => name);
    for (const { path, operation } of operations) {
      expect(path).toMatch(/^\/v1\//);
      expect(operation.summary).toMatch(/^[A-Z].*[^.]$/);
      expect(operation.tags).toHaveLength(1);
      expect(tags).toContain(operation.tags[0]);
      expect(operation.security ?? api.security).toEqual([{ key: [] }]);
      const scope = /Needs the scope `([^`]+)`/.exec(operation.description)?.[1];
      expect(SCOPES).toContain(scope);
    }
  });

  test('declares every parameter of a path', () => {
    for (const { path, operation } of operationsOf(api)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
      const declared = (operation.parameters ?? []).filter((each) => each.in === 'path');
      expect(declared.map(({ name }) => name).toSorted(compare)).toEqual(inPath.toSorted(compare));
      expect(declared.every(({ required }) => required)).toBe(true);
    }
  });

  test('has a good answer for every route, and every problem that all can have', () => {
    for (const { method, operation } of operationsOf(api)) {
      const statuses = Object.keys(operation.responses);
      expect(statuses.some((status) => status < '300')).toBe(true);
      const needed = ['400', '401', '403', '409', '422', '429', '500', '503'];
      if (method !== 'get') needed.push('413', '415');
      expect(statuses).toEqual(expect.arrayContaining(needed));
    }
  });

  test('says of every answer what it is, what it holds and which headers it has', () => {
    for (const { operation } of operationsOf(api)) {
      for (const [status, given] of Object.entries(operation.responses)) {
        const answer = resolved<Answer>(api, given);
        expect(answer.description).not.toMatch(/default response/i);
        expect(Object.keys(answer.headers ?? {})).toContain('Voca-Request-Id');
        const good = /^stream/.test(operation.operationId)
          ? 'text/event-stream'
          : 'application/json';
        const content = status < '400' ? good : 'application/problem+json';
        expect([operation.operationId, status, Object.keys(answer.content ?? {})]).toEqual([
          operation.operationId,
          status,
          status === '204' ? [] : [content],
        ]);
        if (status < '400') continue;
        expect(answer.content?.[content]?.schema).toEqual({ $ref: '#/components/schemas/Problem' });
        const codes = [...answer.description.matchAll(/`([a-z-]+)`: /g)].map(([, code]) => code);
        expect(codes.length).toBeGreaterThan(0);
        for (const code of codes) {
          expect(PROBLEMS[code as keyof typeof PROBLEMS][0]).toBe(Number(status));
        }
      }
    }
  });

  test('points to nothing that is not there, and keeps nothing that nobody points to', () => {
    const used = new Set<string>();
    for (const [, part] of partsOf(api)) {
      if (typeof part['$ref'] !== 'string') continue;
      expect(resolved(api, { $ref: part['$ref'] })).toBeDefined();
      used.add(part['$ref']);
    }
    for (const kind of ['schemas', 'responses']) {
      for (const name of Object.keys(api.components[kind] ?? {})) {
        expect(used).toContain(`#/components/${kind}/${name}`);
      }
    }
  });

  test('has schemas of JSON Schema 2020-12, and examples that fit them', () => {
    const ajv = compiler();
    const wrong: unknown[] = [];
    const check = (at: string, schema: Schema, examples: unknown[]) => {
      const fits = ajv.compile(compilable(schema));
      wrong.push(...examples.filter((each) => !fits(each)).map((each) => [at, each, fits.errors]));
    };
    for (const [at, part] of partsOf(api)) {
      const { schema, examples, example } = part;
      if (Array.isArray(examples)) check(at, part, examples);
      if (schema !== undefined) {
        check(at, schema as Schema, example === undefined ? [] : [example]);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('writes its fields in snake_case', () => {
    const wrong = [...partsOf(api)].flatMap(([at, part]) =>
      at.endsWith('/properties')
        ? Object.keys(part).filter((name) => !/^[a-z][a-z0-9_]*$/.test(name))
        : [],
    );
    expect(wrong).toEqual([]);
  });
});
