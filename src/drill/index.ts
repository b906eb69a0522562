/**
 * Drills: disturb a running instance on purpose, and prove afterwards that nothing was lost.
 *
 * A drill puts bad lines between processes (`startTcpProxy`), has the simulated Twilio misbehave
 * (the fault scripts of `src/simulator/faults/`), kills what it likes, and then has its evidence
 * collected (`collectEvidence`), kept (`writeEvidence`) and judged (`checkHistory`, or
 * `npm run check:history -- LOGDIR` later).
 */
export { checkHistory } from './check-history.ts';
export type { Counts, StreamViolationKind, Verdict, Violation, ViolationKind } from './verdict.ts';
export { collectEvidence } from './collect.ts';
export type { CollectOptions } from './collect.ts';
export type * from './evidence.ts';
export { LINES, Lines } from './lines.ts';
export type { LineName } from './lines.ts';
export { passwordIn } from './password-in.ts';
export { readProductLogs } from './product-logs.ts';
export { LogDirError, readEvidence, writeEvidence } from './log-dir.ts';
export { renderVerdict } from './report.ts';
export { Receiver } from './receiver/receiver.ts';
export { OK } from './receiver/receiver-order.ts';
export type { ReceiverMode } from './receiver/receiver-order.ts';
export { RemoteLines } from './remote-lines.ts';
export type { LineChange } from './remote-lines.ts';
export { startTcpProxy } from './tcp-proxy.ts';
export type { CutKind, LineDirection, TcpProxy } from './tcp-proxy.ts';
