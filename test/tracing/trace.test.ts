/** Traces through real OpenTelemetry to a collector over real HTTP. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RUN_TYPESCRIPT } from '../supervisor/fixtures/lines.ts';
import { startFakeCollector } from './fake-collector.ts';
import type { CollectedSpan, FakeCollector } from './fake-collector.ts';

let collector: FakeCollector;
let results: Record<string, unknown>;
beforeAll(async () => {
  const dead = await startFakeCollector();
  await dead.close();
  collector = await startFakeCollector();
  const scenarios = join(import.meta.dirname, 'fixtures', 'scenarios.ts');
  const args = [...RUN_TYPESCRIPT, scenarios, collector.endpoint, dead.endpoint];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  results = JSON.parse(stdout) as Record<string, unknown>;
});
afterAll(() => collector?.close());

function span(name: string): CollectedSpan {
  const found = collector.spans.filter((each) => each.name === name);
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} spans are named ${name}`);
  return found[0];
}

describe('without a collector', () => {
  test('nothing is traced and work is done as it is', () => {
    expect(results['off']).toEqual({ span: null, header: null });
  });

  test('OpenTelemetry is not even loaded: one file knows it, which is loaded when needed', () => {
    const src = join(import.meta.dirname, '..', '..', 'src');
    const files = readdirSync(src, { recursive: true, encoding: 'utf8' });
    const matching = (pattern: RegExp) =>
      files.filter(
        (name) => name.endsWith('.ts') && pattern.test(readFileSync(join(src, name), 'utf8')),
      );
    expect(matching(/@opentelemetry\//)).toEqual([join('tracing', 'otel.ts')]);
    expect(matching(/^import .*\/otel\.ts'/m)).toEqual([]);
  });
});

describe('spans', () => {
  test('are children of what is being done, across awaits', () => {
    expect(span('outer').parentSpanId ?? '').toBe('');
    expect(span('first').parentSpanId).toBe(span('outer').spanId);
    expect(span('second').parentSpanId).toBe(span('outer').spanId);
    expect(span('third').parentSpanId).toBe(span('second').spanId);
  });

  test('say what they are for, and of which process', () => {
    const { attributes, resource } = span('first');
    expect(attributes).toEqual({ 'voca.callId': 'call_abc', 'voca.turn': '3' });
    expect(resource).toMatchObject({
      'service.name': 'voca',
      'service.instance.id': 'voca-api-1',
    });
  });

  test('go on in another process by a header, and begin anew with a bad one', () => {
    const { traceId, spanId } = span('here');
    expect(span('there')).toMatchObject({ traceId, parentSpanId: spanId });
    expect(span('anew').traceId).not.toBe(traceId);
  });

  test('of work that fails are errors, with the name of what was thrown', () => {
    expect(results['failure']).toBe('TypeError');
    expect(span('failing')).toMatchObject({
      status: 2,
      attributes: { 'voca.reason': 'TypeError' },
    });
  });

  test('hold only fields in their form, and never a message', () => {
    expect(span('odd').attributes).toEqual({ 'voca.ms': 3 });
    expect(collector.raw()).not.toMatch(/aardvark|5005550006|canary/);
  });

  test('are sent with the headers that were configured', () => {
    const keys = collector.headers.map((headers) => headers['x-key']);
    expect(keys).toContain('secret of the collector');
  });

  test('are kept or dropped with their whole trace', () => {
    expect(results['unsampled']).toMatch(/^00-.*-00$/);
    const names = collector.spans.map(({ name }) => name);
    expect(names).not.toContain('dropped');
    expect(names).toContain('sampled elsewhere');
  });
});

describe('a model', () => {
  test('shows each of its tries within the reply, as long as it took', () => {
    const { traceId, spanId: activity } = span('activity');
    const of = (name: string) =>
      collector.spans.filter((each) => each.traceId === traceId && each.name === name);
    const [reply] = of('model reply');
    expect(reply?.parentSpanId).toBe(activity);
    const tries = of('model try');
    expect(tries.map(({ parentSpanId }) => parentSpanId)).toEqual([reply?.spanId, reply?.spanId]);
    expect(tries.map(({ status }) => status)).toEqual([2, 0]);
    expect(tries.map(({ startMs, endMs }) => Math.round(endMs - startMs))).toEqual([40, 10]);
    expect(tries[1]?.attributes).toEqual({ 'voca.model': 'openai/b', 'voca.outcome': 'answered' });
  });

  test('that fails fails as it did', () => {
    expect(results['model failure']).toBe('RangeError');
    const { traceId } = span('fruitless');
    const reply = collector.spans.find(
      (each) => each.traceId === traceId && each.name === 'model reply',
    );
    expect(reply?.status).toBe(2);
  });
});

describe('a collector that is away', () => {
  test('disturbs nothing and holds up no end', () => {
    const { worked, stopMs } = results['dead'] as { worked: number[]; stopMs: number };
    expect(worked).toEqual([0, 1, 2]);
    expect(stopMs).toBeLessThan(3000);
  });

  test('is complained about once at most, without the headers', () => {
    const text = (results['complaints'] as string[]).join('');
    expect(text.split('traces are lost').length).toBeLessThanOrEqual(2);
    expect(text).not.toContain('canary');
  });
});
