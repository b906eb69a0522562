/** What a child process is given of the environment. */
import { VARIABLE_NAMES } from './config-variables.ts';
import type { Environment } from './config-types.ts';

/** Beside the variables of VOCA, what a child process needs to run at all. */
const INHERITED = ['PATH', 'HOME', 'TZ', 'LANG', 'TMPDIR', 'NODE_EXTRA_CA_CERTS'];

/** Keys of people's commands: a process that serves has no use for them. */
const WITHHELD = ['VOCA_API_KEY'];

/**
 * The environment of a child process: the variables of VOCA, the few that any process needs and
 * `overrides`, nothing else. A variable that is not set is passed as empty, so that a child does
 * not read a `.env` that was edited meanwhile differently from its siblings.
 */
export function childEnv(env: Environment, overrides: Environment = {}): Record<string, string> {
  const child: Record<string, string> = {};
  for (const name of VARIABLE_NAMES) child[name] = env[name] ?? '';
  for (const name of WITHHELD) child[name] = '';
  for (const name of INHERITED) {
    const value = env[name];
    if (value !== undefined) child[name] = value;
  }
  for (const [name, value] of Object.entries(overrides)) {
    if (value !== undefined) child[name] = value;
  }
  return child;
}
