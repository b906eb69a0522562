/** What the server of docker-compose.yml is given, against what the embedded one is given. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { temporalSpec } from '../../src/embedded/temporal.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/contract.ts';
import { readText, ROOT } from './compose-files.ts';

const DYNAMIC_CONFIG = 'deploy/temporal/dynamic-config.yaml';
const SCRIPTS = [
  'deploy/postgres/10-databases.sh',
  'deploy/temporal/schema.sh',
  'deploy/temporal/namespace.sh',
];

/** An embedded server is there for fewer calls. */
const CACHE_SIZE = 'history.hostLevelCacheMaxSize';

type DynamicConfig = Record<string, { value: unknown; constraints?: object }[]>;

function embeddedSettings(): Record<string, unknown> {
  const options = { dataDir: '/nowhere', env: {}, headless: true, searchAttributes: [] };
  const { args } = temporalSpec(options, 'temporal', {});
  const settings = args.filter((_arg, index) => args[index - 1] === '--dynamic-config-value');
  return Object.fromEntries(
    settings.map((setting) => {
      const [name = '', value = ''] = setting.split('=');
      return [name, JSON.parse(value) as unknown];
    }),
  );
}

describe('the dynamic configuration', () => {
  test('has all settings of the embedded server, with the same values but for its size', () => {
    const file = parse(readText(DYNAMIC_CONFIG)) as DynamicConfig;
    const values = Object.entries(file).map(([name, [first]]) => [name, first?.value]);
    const { [CACHE_SIZE]: embeddedSize, ...embedded } = embeddedSettings();
    expect(Object.fromEntries(values)).toMatchObject(embedded);
    expect(file[CACHE_SIZE]?.[0]?.value).toBeGreaterThan(embeddedSize as number);
    expect(Object.keys(embeddedSettings()).length).toBeGreaterThan(3);
  });

  test('does not turn on what is meant for development only', () => {
    expect(readText(DYNAMIC_CONFIG)).not.toContain('forceSearchAttributesCacheRefreshOnRead');
  });
});

describe('the scripts', () => {
  test.each(SCRIPTS)('%s is a script for any POSIX shell', (script) => {
    const { status, stderr } = spawnSync('sh', ['-n', join(ROOT, script)], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(readText(script)).toMatch(/^#!\/bin\/sh\n/);
  });

  test('the namespace gets exactly the search attributes of calls, all of them Keyword', () => {
    const names = /^SEARCH_ATTRIBUTES='(.*)'$/m.exec(readText('deploy/temporal/namespace.sh'))?.[1];
    const attributes = Object.values(SEARCH_ATTRIBUTES);
    expect(names?.split(' ')).toEqual(attributes.map(({ name }) => name));
    expect(new Set(attributes.map(({ type }) => type))).toEqual(new Set(['KEYWORD']));
  });
});
