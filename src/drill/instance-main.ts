/**
 * What `npm start` runs, with a bad line between each role and each server. Whoever has started this
 * process changes the lines over its IPC channel, see `remote-lines.ts`.
 */
import { loadConfig, readEnvironment } from '../config.ts';
import { mainDataDir } from '../data-dirs.ts';
import { createProgress } from '../embedded/progress.ts';
import { startInstance } from '../instance.ts';
import { createLogger } from '../log.ts';
import { Lines } from './lines.ts';
import { applyChange } from './remote-lines.ts';
import type { LineOrder } from './remote-lines.ts';

const env = readEnvironment();
const config = loadConfig(env);
const lines = new Lines();

process.on('message', (order: LineOrder) => {
  void applyChange(lines.get(order.line), order).then(() => process.send?.(order.number));
});

const instance = await startInstance({
  config,
  env,
  dataDir: mainDataDir(config, env),
  progress: createProgress(process.stderr),
  log: createLogger({ level: config.rest.logLevel, role: 'supervisor' }),
  addressesFor: lines.addressesFor,
});
await instance.signalled;
await instance.stop();
process.exit(0);
