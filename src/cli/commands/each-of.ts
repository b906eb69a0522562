/** One thing done to several: what goes wrong with one does not keep the others, if it can be done at all. */
import { EXIT, exitCodeOf } from '../exit-codes.ts';
import { json } from './api-io.ts';
import type { ApiIo, JsonOption } from './api-io.ts';

/**
 * @param usual what a person reads of one that was done, such as "is deleted"
 * @param work its result, if it has one, is part of the JSON; a `word` in it is read in place of the usual one
 */
export async function eachOf(
  io: ApiIo,
  ids: readonly string[],
  options: JsonOption,
  usual: string,
  work: (id: string) => Promise<({ word?: string } & Record<string, unknown>) | void>,
): Promise<void> {
  const results: Record<string, unknown>[] = [];
  let code: number | undefined;
  for (const id of new Set(ids)) {
    try {
      const { word = usual, ...more } = (await work(id)) ?? {};
      results.push({ id, done: true, ...more });
      if (!options.json) io.out(`${id} ${word}.`);
    } catch (error) {
      const failed = exitCodeOf(error);
      code ??= failed;
      results.push({ id, done: false });
      io.error(`${id}: ${error instanceof Error ? error.message : 'failed'}`);
      if (failed === EXIT.denied || failed === EXIT.notReady) break;
    }
  }
  if (options.json) io.out(json(results));
  if (code !== undefined) io.fail(code);
}
