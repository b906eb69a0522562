/** What the processes of an instance use: processor time, memory, open files. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readPidFile, runDir } from '../embedded/index.ts';
import {
  parseProportionalKb,
  parsePs,
  parseResidentKb,
  parseStat,
  treeBelow,
} from './process-table.ts';
import type { ProcessRow } from './process-table.ts';

/** The parts of an instance that are told apart; both processes of a role together. */
export const PARTS = ['api', 'worker', 'media', 'temporal', 'postgres', 'generator'] as const;
export type Part = (typeof PARTS)[number];

export interface Usage {
  cpuSeconds: number;
  residentKb: number;
  /** Undefined where the system does not tell. */
  openFiles?: number;
  /** Those of the open files that are sockets. */
  sockets?: number;
}

export type Usages = Record<string, Usage>;

const PID_FILES: Record<Exclude<Part, 'generator'>, readonly string[]> = {
  api: ['voca-api-1', 'voca-api-2'],
  worker: ['voca-worker-1', 'voca-worker-2'],
  media: ['voca-media-1', 'voca-media-2'],
  temporal: ['voca-temporal'],
  postgres: ['voca-postgres'],
};

/** Every process of an instance by name, with this one as `generator`. */
export function instancePids(dataDir: string): Record<string, number> {
  const names = Object.values(PID_FILES).flat();
  const found = names.map((name) => [name, readPidFile(runDir(dataDir), name)] as const);
  const living = found.filter((entry): entry is [string, number] => entry[1] !== undefined);
  return { ...Object.fromEntries(living), generator: process.pid };
}

/** What is not there, or not the same process any more, a line for each. Pure. */
export function changedProcesses(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): string[] {
  return Object.values(PID_FILES)
    .flat()
    .flatMap((name) => {
      if (after[name] === undefined) return [`${name} is gone`];
      return after[name] === before[name] ? [] : [`${name} is another process than at the start`];
    });
}

/** The part that a process named as in {@link instancePids} belongs to. */
export function partOf(name: string): string {
  return name.replace(/^voca-/, '').replace(/-\d+$/, '');
}

/**
 * Looks at processes, each with all that it has started, except for this one: what it has started
 * is looked at by itself. One that is gone is left out: it does not use nothing.
 */
export function measureProcesses(pids: Readonly<Record<string, number>>): Usages {
  const rows = processRows();
  const usages = Object.entries(pids).flatMap(([name, pid]): [string, Usage][] => {
    if (pid === process.pid) return [[name, ownUsage()]];
    const tree = treeBelow(rows, pid);
    return tree.length === 0 ? [] : [[name, usageOf(tree)]];
  });
  return Object.fromEntries(usages);
}

/** Whoever has started a process; undefined when it is gone. */
export function parentOf(pid: number): number | undefined {
  return processRows().find((row) => row.pid === pid)?.parent;
}

/** Processes added up by the part they belong to. */
export function byPart(usages: Usages): Usages {
  const parts: Usages = {};
  for (const [name, usage] of Object.entries(usages)) {
    const part = partOf(name);
    const sum = parts[part];
    parts[part] = sum ? added(sum, usage) : { ...usage };
  }
  return parts;
}

function added(a: Usage, b: Usage): Usage {
  const files = a.openFiles !== undefined && b.openFiles !== undefined;
  return {
    cpuSeconds: a.cpuSeconds + b.cpuSeconds,
    residentKb: a.residentKb + b.residentKb,
    ...(files && {
      openFiles: (a.openFiles ?? 0) + (b.openFiles ?? 0),
      sockets: (a.sockets ?? 0) + (b.sockets ?? 0),
    }),
  };
}

function ownUsage(): Usage {
  const { user, system } = process.cpuUsage();
  return {
    cpuSeconds: (user + system) / 1e6,
    residentKb: process.memoryUsage.rss() / 1024,
    ...openFilesOf([process.pid]),
  };
}

interface MeasuredRow extends ProcessRow {
  residentKb?: number;
}

function usageOf(tree: readonly MeasuredRow[]): Usage {
  // What they share (PostgreSQL's buffers) is not to be counted once for each.
  const isShared = tree.length > 1;
  const memory = tree.map(({ pid, residentKb }) => residentKb ?? residentKbOf(pid, isShared));
  return {
    cpuSeconds: tree.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    residentKb: memory.reduce((sum, kb) => sum + kb, 0),
    ...openFilesOf(tree.map(({ pid }) => pid)),
  };
}

function processRows(): MeasuredRow[] {
  if (process.platform !== 'linux') {
    return parsePs(execFileSync('ps', ['-A', '-o', 'pid=,ppid=,rss=,time='], { encoding: 'utf8' }));
  }
  const ticks = ticksPerSecond();
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => parseStat(readOrEmpty(`/proc/${pid}/stat`), ticks) ?? []);
}

let knownTicks: number | undefined;

/** How many of its ticks Linux counts a second; 100 nearly everywhere. */
function ticksPerSecond(): number {
  knownTicks ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return knownTicks;
}

function residentKbOf(pid: number, isShared: boolean): number {
  const shares = isShared ? readOrEmpty(`/proc/${pid}/smaps_rollup`) : '';
  return parseProportionalKb(shares) ?? parseResidentKb(readOrEmpty(`/proc/${pid}/status`)) ?? 0;
}

function openFilesOf(pids: readonly number[]): Pick<Usage, 'openFiles' | 'sockets'> {
  if (process.platform !== 'linux') return {};
  const links = pids.flatMap(openLinks);
  const sockets = links.filter((link) => link.startsWith('socket:'));
  return { openFiles: links.length, sockets: sockets.length };
}

function openLinks(pid: number): string[] {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).map((fd) => linkOrEmpty(`${folder}/${fd}`));
  } catch {
    return []; // it has just ended, or belongs to somebody else
  }
}

function linkOrEmpty(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it has just ended
  }
}
