import type { Migration } from 'kysely';
import { calls } from './001-calls.ts';
import { turnModels } from './002-turn-models.ts';
import { workspaces } from './003-workspaces.ts';
import { events } from './004-events.ts';
import { streams } from './005-streams.ts';

/** Run in the order of their names; a name or migration that was released never changes. */
export const MIGRATIONS: Record<string, Migration> = {
  '001-calls': calls,
  '002-turn-models': turnModels,
  '003-workspaces': workspaces,
  '004-events': events,
  '005-streams': streams,
};
