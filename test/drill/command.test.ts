import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { checkCommand } from '../../src/drill/command.ts';
import { readEvidence, writeEvidence } from '../../src/drill/index.ts';
import type { Verdict } from '../../src/drill/index.ts';
import { goodEvidence } from './good-evidence.ts';

let logDir: string;
let out = '';
let err = '';
const output = {
  out: (text: string) => void (out += text),
  err: (text: string) => void (err += text),
};
beforeEach(() => {
  logDir = mkdtempSync(join(tmpdir(), 'voca-logdir-'));
  out = '';
  err = '';
});
afterEach(() => rmSync(logDir, { recursive: true, force: true }));

describe('a LOGDIR', () => {
  test('gives back the evidence that was written', () => {
    writeEvidence(logDir, goodEvidence());
    const { histories, ...rest } = readEvidence(logDir);
    const { histories: written, ...others } = goodEvidence();
    expect(rest).toEqual(others);
    expect(histories).toEqual(expect.arrayContaining(written));
  });

  test('is for its owner only', () => {
    writeEvidence(logDir, goodEvidence());
    for (const name of ['run.json', 'simulator.jsonl', 'voca.log']) {
      expect(statSync(join(logDir, name)).mode & 0o077).toBe(0);
    }
  });
});

describe('check:history', () => {
  test('of a run that went well exits 0, with the verdict as JSON on the last line', () => {
    writeEvidence(logDir, goodEvidence());
    expect(checkCommand([logDir], output)).toBe(0);
    expect(out).toMatch(/^The history holds/);
    const verdict = JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as Verdict;
    expect(verdict).toMatchObject({ ok: true, violations: [], counts: { calls: 2, lost: 0 } });
  });

  test('of a run that lost words exits 1, and says which, and how to run it again', () => {
    const evidence = goodEvidence();
    evidence.database.turns.shift();
    writeEvidence(logDir, evidence);
    expect(checkCommand([logDir], output)).toBe(1);
    expect(out).toContain('lost-words in call_');
    expect(out).toContain('a table for zanzibar please');
    expect(out).toContain('Seed 7');
    expect(out).toContain('npm run bench -- recovery --seed 7');
    const verdict = JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as Verdict;
    expect(verdict).toMatchObject({ ok: false, counts: { lost: 1 } });
  });

  test.each([
    ['no folder', []],
    ['two folders', ['a', 'b']],
    ['a folder that does not exist', [join(tmpdir(), 'voca-nowhere')]],
  ])('with %s exits 2', (_what, args) => {
    expect(checkCommand(args, output)).toBe(2);
    expect(err).not.toBe('');
    expect(out).toBe('');
  });

  test('of incomplete or damaged evidence exits 2: nothing is taken to be well', () => {
    expect(checkCommand([logDir], output)).toBe(2);
    writeEvidence(logDir, goodEvidence());
    rmSync(join(logDir, 'model.jsonl'));
    expect(checkCommand([logDir], output)).toBe(2);
    writeEvidence(logDir, goodEvidence());
    writeFileSync(join(logDir, 'database.json'), '{"calls":');
    expect(checkCommand([logDir], output)).toBe(2);
    expect(err).toContain('database.json');
  });
});
