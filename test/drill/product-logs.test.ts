import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { checkHistory, passwordIn, readEvidence, writeEvidence } from '../../src/drill/index.ts';
import { readProductLogs } from '../../src/drill/product-logs.ts';
import { goodEvidence } from './good-evidence.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'voca-logs-'));
  mkdirSync(join(folder, 'logs'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function log(name: string, text: string): void {
  writeFileSync(join(folder, 'logs', name), text);
}

describe('the logs of an instance', () => {
  test('are those of our processes and of the servers, also one that was set aside', () => {
    log('voca.log', 'ours\n');
    log('postgres.log', 'its\n');
    log('postgres.log.1', 'older\n');
    expect(readProductLogs(folder)).toEqual([
      { name: 'postgres.log', text: 'its\n' },
      { name: 'postgres.log.1.log', text: 'older\n' },
      { name: 'voca.log', text: 'ours\n' },
    ]);
  });

  test('of a server that names a secret are found, at once and from the kept evidence', () => {
    const evidence = goodEvidence();
    const [secret = ''] = evidence.run.canaries.secrets;
    expect(secret).not.toBe('');
    log('postgres.log.1', `connection with ${secret}\n`);
    evidence.logs.push(...readProductLogs(folder));
    const kept = join(folder, 'evidence');
    writeEvidence(kept, evidence);
    for (const each of [evidence, readEvidence(kept)]) {
      expect(checkHistory(each).violations.map(({ kind }) => kind)).toEqual(['leak']);
    }
  });

  test('are searched for the password of the database as it is', () => {
    expect(passwordIn('postgresql://voca:a%2Fb@127.0.0.1:5432/voca')).toBe('a/b');
  });
});
