/**
 * The process of a keeper: gets its orders over IPC, and takes the broken channel as the sign that
 * its parent was killed. It runs in a session of its own, so Ctrl-C in a terminal never reaches the
 * server behind it and the order of stopping stays the parent's.
 */
import { removePidFile, writePidFile } from './pid-file.ts';
import { Keeper } from './keeper.ts';
import type { KeeperNews, KeeperOrder, ServerSpec } from './server-spec.ts';

let keeper: Keeper | undefined;
let ownPidFile: (() => void) | undefined;

function tell(news: KeeperNews): void {
  // The channel may break at any moment; then nobody needs the news.
  if (process.connected) process.send?.(news, undefined, {}, () => undefined);
}

function run(spec: ServerSpec): void {
  process.title = `${spec.name}-keeper`;
  const name = `${spec.name}-keeper`;
  writePidFile(spec.runDir, name, process.pid);
  ownPidFile = () => removePidFile(spec.runDir, name, process.pid);
  keeper = new Keeper(spec, tell);
  keeper.start().catch(fail);
}

function leave(ended: Promise<void> | undefined): void {
  void Promise.resolve(ended).then(() => {
    ownPidFile?.();
    // Leaves once the last news is out.
    if (process.connected) process.disconnect();
    setImmediate(() => process.exit(0));
  }, fail);
}

function fail(error: unknown): void {
  tell({ type: 'failed', reason: error instanceof Error ? error.message : String(error) });
  leave(keeper?.stop());
}

process.on('message', (order: KeeperOrder) => {
  if (order.type === 'run') run(order.spec);
  else leave(keeper?.stop());
});
process.on('disconnect', () => leave(keeper?.stopWhenUnused()));
process.on('SIGTERM', () => leave(keeper?.stop()));
process.on('SIGINT', () => undefined);
process.on('SIGHUP', () => undefined);
tell({ type: 'listening' });
