/** Reads the compose files as Compose does: YAML with merge keys, then `${VARIABLES}`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { ScalarTag } from 'yaml';

export const ROOT = join(__dirname, '..', '..');
export const MAIN_FILE = 'docker-compose.yml';
export const SECOND_VERSION = 'deploy/second-version.yml';
export const MEDIA_PORT_FILE = 'deploy/media-port.yml';
export const OVERLAYS = [
  'deploy/ui-on-loopback.yml',
  'deploy/temporal-cloud.yml',
  MEDIA_PORT_FILE,
  SECOND_VERSION,
];
/** The services that run our own image. */
export const OURS = ['api', 'media', 'worker-1', 'worker-2'] as const;

export interface Healthcheck {
  test: string[];
}

export interface Service {
  image?: string;
  command?: string[];
  entrypoint?: string[];
  environment?: Record<string, string>;
  env_file?: unknown;
  ports?: string[];
  volumes?: (string | { type: string; source: string; target: string; read_only?: boolean })[];
  networks?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: Healthcheck;
  restart?: string;
  user?: string;
  stop_grace_period?: string;
  mem_limit?: string;
  read_only?: boolean;
  init?: boolean;
  tmpfs?: string[];
  cap_drop?: string[];
  security_opt?: string[];
  profiles?: string[];
}

export interface ComposeFile {
  services: Record<string, Service>;
  networks?: Record<string, { internal?: boolean }>;
  volumes?: Record<string, unknown>;
}

/** `!override` says how files are merged, not what is in them. */
const overrideTag = (collection: 'map' | 'seq') =>
  ({ tag: '!override', collection, identify: () => false }) as unknown as ScalarTag;

export function readText(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** As it is written: nothing is filled in. */
export function readCompose(file: string): ComposeFile {
  return parse(readText(file), {
    merge: true,
    customTags: (tags) => [...tags, overrideTag('map'), overrideTag('seq')],
  }) as ComposeFile;
}

/** @throws Error as Compose would, when a variable with `:?` is not set. */
export function interpolate<T>(value: T, env: Record<string, string>): T {
  if (typeof value === 'string') return fill(value, env) as T;
  if (Array.isArray(value)) return value.map((each: unknown) => interpolate(each, env)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, interpolate(each, env)]);
  return Object.fromEntries(entries) as T;
}

const VARIABLE = /\$(?:(\$)|\{([A-Z_][A-Z0-9_]*)(?:(:-|:\?)([^}]*))?\})/g;

function fill(text: string, env: Record<string, string>): string {
  const filled = text.replace(VARIABLE, (_all, dollar, name: string, operator, rest: string) => {
    if (dollar !== undefined) return '';
    const value = env[name] ?? '';
    if (value !== '') return value;
    if (operator === ':-') return rest;
    throw new Error(`${name} ${operator === ':?' ? rest : 'is used without a default'}`);
  });
  if (/\$[^\s]/.test(text.replace(VARIABLE, ''))) throw new Error(`not understood: ${text}`);
  return filled;
}

/** The names of the variables that a value asks for. */
export function variablesIn(value: unknown): Set<string> {
  const names = [...JSON.stringify(value).matchAll(VARIABLE)].map((match) => match[2]);
  return new Set(names.filter((name) => name !== undefined));
}

/** Compose's durations in milliseconds: `30s`, `1m30s`. */
export function milliseconds(duration: string): number {
  const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  const parts = [...duration.matchAll(/(\d+)(ms|s|m|h)/g)];
  if (parts.map(([all]) => all).join('') !== duration) throw new Error(`No duration: ${duration}`);
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ''] ?? 0), 0);
}
