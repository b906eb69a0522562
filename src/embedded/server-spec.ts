/** One step of stopping a server: a signal, and how long it may take. */
export interface StopStep {
  signal: NodeJS.Signals;
  waitMs: number;
}

/** How a server is run. Plain JSON: it travels to the keeper's process. */
export interface ServerSpec {
  /** `voca-temporal`: the name of the pid file. */
  name: string;
  command: string;
  args: string[];
  env: Record<string, string>;
  cwd: string;
  uid?: number;
  gid?: number;
  /** Where the server's own output goes. */
  logFile: string;
  /** Where the pid files are. */
  runDir: string;
  /** An argument that only the server of this data folder has; proves that a pid is still it. */
  signature: string;
  /** A file of the server's own whose first line is its pid, if it writes one. */
  ownPidFile?: string;
  stop: StopStep[];
  /** Prefixes of pid files: processes that are served until they are gone, when we are orphaned. */
  outlives: string[];
  /** How long those processes are waited for, at most. */
  graceMs: number;
}

/** What a keeper is told. */
export type KeeperOrder = { type: 'run'; spec: ServerSpec } | { type: 'stop' };

/** What a keeper tells. */
export type KeeperNews =
  | { type: 'listening' }
  | { type: 'started'; pid: number }
  | { type: 'exited'; code: number | null; signal: NodeJS.Signals | null }
  | { type: 'failed'; reason: string }
  | { type: 'stopped' };
