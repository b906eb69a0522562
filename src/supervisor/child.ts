/** What a role's process does beside its role: start, say that it is ready, drain, leave. */
import { tellSupervisor } from './messages.ts';

export interface ChildLog {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
  fatal(fields: object, message: string): void;
}

export interface ChildRole {
  /** The process's title, such as `voca-api-1`. */
  title: string;
  start(): Promise<void>;
  /** Finishes what was begun and takes nothing new. */
  stop(why: StopReason): Promise<void>;
  log: ChildLog;
  /** How long `stop` may take; then the process leaves without waiting. */
  drainMs?: number;
}

export type StopReason = 'signal' | 'supervisor-gone';

/** Everybody must be gone 10 s after a killed supervisor, the servers behind us included. */
const DRAIN_MS = 6000;

/**
 * Runs a role until it is told to leave: by SIGTERM, or by the death of the supervisor. Under a
 * supervisor Ctrl-C is ignored (the terminal sends it to everybody, and the order of stopping is
 * the supervisor's); alone, as in a container, it means the same as SIGTERM. A second one leaves at
 * once. What nobody caught is logged and ends the process with code 1.
 */
export function runAsChild(role: ChildRole): void {
  process.title = role.title;
  const leave = leaver(role);
  const fail = (message: string) => (error: unknown) => {
    role.log.fatal({ err: error }, message);
    process.exit(1);
  };
  process.on('uncaughtException', fail('an error that nobody caught'));
  process.on('unhandledRejection', fail('a rejection that nobody handled'));
  process.on('SIGTERM', () => leave('signal'));
  const supervised = process.send !== undefined;
  for (const signal of ['SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!supervised) leave('signal');
    });
  }
  if (supervised) onSupervisorGone(() => leave('supervisor-gone'));
  role.start().then(() => {
    tellSupervisor({ type: 'ready' });
  }, fail('the process could not start'));
}

/** Calls back once when the process that started this one is gone. */
export function onSupervisorGone(gone: () => void): void {
  if (process.connected) process.once('disconnect', gone);
  else setImmediate(gone);
}

function leaver(role: ChildRole): (why: StopReason) => void {
  const { log, drainMs = DRAIN_MS } = role;
  let leaving: StopReason | undefined;
  return (why) => {
    if (leaving !== undefined) {
      // The supervisor's end after its SIGTERM is no new order.
      if (why === 'signal') process.exit(1);
      return;
    }
    leaving = why;
    log.info({ why }, 'leaving');
    setTimeout(() => {
      log.error({ drainMs }, 'draining took too long');
      process.exit(1);
    }, drainMs).unref();
    role.stop(why).then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'draining failed');
        process.exit(1);
      },
    );
  };
}
