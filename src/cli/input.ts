import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { CallRequestError } from '../call-errors.ts';

/**
 * The text of a file, or of the standard input for `-`.
 * @throws {CallRequestError} when it cannot be read.
 */
export async function readInput(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  try {
    return await readFile(file, 'utf8');
  } catch {
    throw new CallRequestError(`The file ${file} cannot be read.`);
  }
}
