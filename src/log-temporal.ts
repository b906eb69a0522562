import type { Log, LogFields } from './log.ts';

type TemporalLevel = 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
type Metadata = Record<string | symbol, unknown>;

/** The shape of the logger that Temporal's `Runtime.install({ logger })` takes. */
export interface TemporalLogger {
  log(level: TemporalLevel, message: string, meta?: Metadata): void;
  trace(message: string, meta?: Metadata): void;
  debug(message: string, meta?: Metadata): void;
  info(message: string, meta?: Metadata): void;
  warn(message: string, meta?: Metadata): void;
  error(message: string, meta?: Metadata): void;
}

const LEVELS = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
} as const;

/**
 * Passes on Temporal's own lines without what may carry payloads: of the metadata only names, ids,
 * counts and the described error are kept. Trace lines hold whole requests and are dropped.
 */
export function temporalLogger(log: Log): TemporalLogger {
  const write = (level: TemporalLevel, message: string, meta: Metadata = {}): void => {
    // The one that an activity has begun comes before it is known for which turn; how it ended says all.
    if (level === 'TRACE' || message === 'Activity started') return;
    log.foreign(LEVELS[level], message, fieldsOf(meta));
  };
  return {
    log: write,
    trace: (message, meta) => write('TRACE', message, meta),
    debug: (message, meta) => write('DEBUG', message, meta),
    info: (message, meta) => write('INFO', message, meta),
    warn: (message, meta) => write('WARN', message, meta),
    error: (message, meta) => write('ERROR', message, meta),
  };
}

function fieldsOf(meta: Metadata): LogFields {
  const text = (name: string): string | undefined =>
    typeof meta[name] === 'string' ? meta[name] : undefined;
  const number = (name: string): number | undefined =>
    typeof meta[name] === 'number' ? meta[name] : undefined;
  return {
    callId: text('workflowId'),
    turn: text('turn'),
    runId: text('runId'),
    name: text('activityType') ?? text('workflowType'),
    queue: text('taskQueue'),
    namespace: text('namespace'),
    component: text('sdkComponent'),
    state: text('state'),
    code: text('code'),
    attempt: number('attempt'),
    ms: number('durationMs'),
    error: meta['error'],
  };
}
