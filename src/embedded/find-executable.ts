import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import type { MachineEnv } from './machine.ts';

/** Folders of PATH; relative ones are left out, they would depend on where we were started. */
export function pathFolders(env: MachineEnv): string[] {
  return (env.PATH ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
}

/** The first file of that name in the folders that can be executed. */
export function findExecutable(name: string, folders: readonly string[]): string | undefined {
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
