/** Writes and reads the folder that `evidence.ts` describes. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Evidence, StoredHistory } from './evidence.ts';

/** The folder holds no evidence, or only a part of it. */
export class LogDirError extends Error {
  override readonly name = 'LogDirError';
  readonly retryable = false;
}

const OWNER_ONLY = { mode: 0o600 };
const RECEIVED = 'receiver.jsonl';

export function writeEvidence(logDir: string, evidence: Evidence): void {
  // Those of an earlier run would be judged with this one.
  rmSync(join(logDir, 'histories'), { recursive: true, force: true });
  rmSync(join(logDir, RECEIVED), { force: true });
  mkdirSync(join(logDir, 'histories'), { recursive: true, mode: 0o700 });
  const write = (name: string, text: string) => writeFileSync(join(logDir, name), text, OWNER_ONLY);
  write('run.json', pretty(evidence.run));
  write('simulator.jsonl', lines(evidence.truth));
  write('model.jsonl', lines(evidence.model));
  write('database.json', pretty(evidence.database));
  if (evidence.received) write(RECEIVED, lines(evidence.received));
  for (const { name, text } of evidence.logs) write(name, text);
  for (const history of evidence.histories) {
    write(join('histories', `${history.callId}.${history.runId}.json`), pretty(history));
  }
}

/** @throws LogDirError when a part is missing or cannot be read. */
export function readEvidence(logDir: string): Evidence {
  const histories = namesIn(join(logDir, 'histories')).filter((name) => name.endsWith('.json'));
  return {
    run: json(logDir, 'run.json'),
    truth: jsonLines(logDir, 'simulator.jsonl'),
    model: jsonLines(logDir, 'model.jsonl'),
    database: json(logDir, 'database.json'),
    histories: histories.map((name) => json<StoredHistory>(logDir, join('histories', name))),
    logs: namesIn(logDir)
      .filter((name) => name.endsWith('.log'))
      .map((name) => ({ name, text: textOf(logDir, name) })),
    ...(existsSync(join(logDir, RECEIVED)) && { received: jsonLines(logDir, RECEIVED) }),
  };
}

function pretty(value: unknown): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}

function lines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    throw new LogDirError(`There is no folder ${folder}: evidence is incomplete.`);
  }
}

function textOf(logDir: string, name: string): string {
  try {
    return readFileSync(join(logDir, name), 'utf8');
  } catch {
    throw new LogDirError(`${join(logDir, name)} cannot be read: evidence is incomplete.`);
  }
}

function json<T>(logDir: string, name: string): T {
  return parsed<T>(textOf(logDir, name), join(logDir, name));
}

function jsonLines<T>(logDir: string, name: string): T[] {
  return textOf(logDir, name)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => parsed<T>(line, join(logDir, name)));
}

function parsed<T>(text: string, name: string): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new LogDirError(`${name} is not what a drill writes: it is no JSON.`);
  }
}
