/** `voca keys` over the API; the first key is made on the machine itself. */
import type { Command } from 'commander';
import { z } from 'zod';
import { understand } from '../api-answer.ts';
import { pathTo } from '../api-client.ts';
import { json, withExamples, withJson, withList, wholeOf } from './api-io.ts';
import type { ApiIo, JsonOption, ListOptions } from './api-io.ts';
import { eachOf } from './each-of.ts';
import { fieldsText } from './show-fields.ts';
import { showList } from './show-list.ts';

const apiKey = z.looseObject({
  id: z.string(),
  name: z.string(),
  mode: z.string(),
  status: z.string(),
  last_four: z.string(),
  last_used_at: z.string().nullable(),
  expires_at: z.string().nullable(),
});

const DAY_MS = 86_400_000;

const freshKey = apiKey.extend({ key: z.string() });

/** @param keys the command that has `create` already */
export function addKeys(keys: Command, io: ApiIo): void {
  withList(keys.command('list'))
    .description('list the API keys of the workspace, also those that work no longer')
    .action((options: ListOptions) =>
      showList(io, options, {
        path: '/api-keys',
        row: apiKey,
        heading: ['KEY', 'NAME', 'MODE', 'ENDS IN', 'STATUS', 'LAST USED', 'EXPIRES'],
        cells: (key) => [
          key.id,
          key.name,
          key.mode,
          `…${key.last_four}`,
          key.status,
          key.last_used_at,
          key.expires_at,
        ],
        none: 'No API keys.',
      }),
    );
  withJson(keys.command('show'))
    .description('show an API key, without the key itself')
    .argument('<key>', 'its id, such as key_0V…')
    .action(async (id: string, options: JsonOption) => {
      const { body } = await (await io.api()).get(pathTo`/api-keys/${id}`);
      io.out(options.json ? json(body) : fieldsText(body));
    });
  withJson(keys.command('revoke'))
    .description('end API keys: they are dead within 5 seconds everywhere')
    .argument('<keys...>', 'their ids')
    .action(async (ids: string[], options: JsonOption) => {
      const api = await io.api();
      await eachOf(io, ids, options, 'is revoked', async (id) => {
        await api.delete(pathTo`/api-keys/${id}`);
      });
    });
  addRoll(keys, io);
}

function addRoll(keys: Command, io: ApiIo): void {
  withExamples(
    withJson(keys.command('roll'))
      .description('make a new API key in the place of one, which works on for a while')
      .argument('<key>', 'its id, such as key_0V…')
      .option('--overlap <seconds>', 'how long the old one works on; left out for a day', wholeOf)
      .option('--expires <time>', 'when the new one does, in RFC 3339')
      .action(async (id: string, options: JsonOption & { overlap?: number; expires?: string }) => {
        const { overlap, expires } = options;
        const { body } = await (
          await io.api()
        ).post(pathTo`/api-keys/${id}/roll`, {
          ...(overlap !== undefined && { overlap_seconds: overlap }),
          ...(expires !== undefined && { expires_at: expires }),
        });
        showFresh(io, body, options);
      }),
    'VOCA_API_KEY=$(voca keys roll key_0VPc… --overlap 3600)',
  );
}

export interface RemoteKey extends JsonOption {
  name: string;
  mode: 'live' | 'test';
  scopes: readonly string[];
  expiresInDays?: number;
}

/** Makes a key over the API, with one that may. */
export async function createRemotely(io: ApiIo, options: RemoteKey): Promise<void> {
  const { name, mode, scopes, expiresInDays: days } = options;
  const expiry =
    days === undefined ? {} : { expires_at: new Date(Date.now() + days * DAY_MS).toISOString() };
  const { body } = await (await io.api()).post('/api-keys', { name, mode, scopes, ...expiry });
  showFresh(io, body, options);
}

/** The key alone is the result, so that a script can take it. */
function showFresh(io: ApiIo, body: unknown, options: JsonOption): void {
  if (options.json) return io.out(json(body));
  const { key, id } = understand(freshKey, body);
  io.error(`${id}: keep it, it is shown this once.`);
  io.out(key);
}
