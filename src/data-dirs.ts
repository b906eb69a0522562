/** Which folder holds an instance's data, when none was chosen. */
import type { CliConfig, Config, Environment } from './config.ts';
import { defaultDataDir } from './embedded/data-dir.ts';

/** The data folder of `npm start`. It exists afterwards. */
export function mainDataDir(config: Config | CliConfig, env: Environment): string {
  return config.rest.dataDir ?? defaultDataDir('main', env);
}

/** Where instances of this machine may have said where they are: `npm start`'s first. */
export function knownDataDirs(config: Config | CliConfig, env: Environment): string[] {
  if (config.rest.dataDir !== undefined) return [config.rest.dataDir];
  return [defaultDataDir('main', env), defaultDataDir('demo', env)];
}
