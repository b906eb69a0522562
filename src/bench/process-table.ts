/** What the operating system says of processes, read from its texts. Pure. */

/** One process as the system shows it. */
export interface ProcessRow {
  pid: number;
  parent: number;
  /** Processor time of the process and of its children that it has seen off, in seconds. */
  cpuSeconds: number;
}

/** Fields of /proc/PID/stat behind the name, counted from 0. Protocol: proc(5). */
const PARENT = 1;
const CPU_TICKS = [11, 12, 13, 14]; // user, system; of children waited for: user, system

/**
 * Reads /proc/PID/stat. The name may hold spaces and brackets.
 * @returns undefined when the text is none (the process has just ended)
 */
export function parseStat(text: string, ticksPerSecond: number): ProcessRow | undefined {
  const end = text.lastIndexOf(')');
  const fields = text.slice(end + 2).split(' ');
  const pid = Number.parseInt(text, 10);
  const parent = Number(fields[PARENT]);
  const ticks = CPU_TICKS.reduce((sum, at) => sum + Number(fields[at]), 0);
  if (end < 0 || !Number.isSafeInteger(pid) || !Number.isFinite(ticks)) return undefined;
  return { pid, parent, cpuSeconds: ticks / ticksPerSecond };
}

/** Resident memory in kB from /proc/PID/status; undefined when it shows none. */
export function parseResidentKb(status: string): number | undefined {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** From /proc/PID/smaps_rollup, in kB: memory shared by n processes counts as an n-th to each. */
export function parseProportionalKb(smaps: string): number | undefined {
  const found = /^Pss:\s+(\d+) kB$/m.exec(smaps)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Reads `ps -A -o pid=,ppid=,rss=,time=`, where there is no /proc. */
export function parsePs(text: string): (ProcessRow & { residentKb: number })[] {
  return text.split('\n').flatMap((line) => {
    const [pid = '', parent = '', rss = '', time = ''] = line.trim().split(/\s+/);
    const cpuSeconds = secondsOf(time);
    if (!/^\d+$/.test(pid) || cpuSeconds === undefined) return [];
    return [{ pid: Number(pid), parent: Number(parent), residentKb: Number(rss), cpuSeconds }];
  });
}

/** `[[days-]hours:]minutes:seconds[.hundredths]` */
function secondsOf(time: string): number | undefined {
  const parts = /^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)$/.exec(time);
  if (!parts) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts
    .slice(1)
    .map((part) => Number(part ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}

/** The process and all below it. */
export function treeBelow<Row extends ProcessRow>(rows: readonly Row[], root: number): Row[] {
  const tree = rows.filter(({ pid }) => pid === root);
  // The list grows while it is walked.
  for (const { pid } of tree) {
    tree.push(...rows.filter((row) => row.parent === pid && !tree.includes(row)));
  }
  return tree;
}
