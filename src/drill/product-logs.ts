import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProductLog } from './evidence.ts';

/**
 * What an instance has written to its folder of logs: its own processes, and the servers that run with
 * it, which are given everything that callers say.
 * @param dataDir the instance's data folder
 */
export function readProductLogs(dataDir: string): ProductLog[] {
  const folder = join(dataDir, 'logs');
  return readdirSync(folder)
    .sort()
    .map((name) => ({
      name: name.endsWith('.log') ? name : `${name}.log`,
      text: readFileSync(join(folder, name), 'utf8'),
    }));
}
