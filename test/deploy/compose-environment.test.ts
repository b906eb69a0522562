/** What the compose file gives our processes is what our configuration understands. */
import { describe, expect, test } from '@jest/globals';
import { loadConfig } from '../../src/config.ts';
import type { Role } from '../../src/config.ts';
import { VARIABLE_NAMES } from '../../src/config-variables.ts';
import type { VariableName } from '../../src/config-variables.ts';
import {
  interpolate,
  MAIN_FILE,
  MEDIA_PORT_FILE,
  OURS,
  readCompose,
  variablesIn,
} from './compose-files.ts';
import { exampleVariables, filledExample, optionalVariables } from './environment.ts';

const CLOUD_FILE = 'deploy/temporal-cloud.yml';
const file = readCompose(MAIN_FILE);
const roleOf = (name: string): Exclude<Role, 'cli'> =>
  name === 'api' || name === 'media' ? name : 'worker';

function environmentOf(name: string, env = filledExample()): Record<string, string> {
  return interpolate(file.services[name]?.environment ?? {}, env);
}

/** As Compose merges the file for Temporal Cloud into the main one. */
function cloudEnvironmentOf(name: string, env: Record<string, string>): Record<string, string> {
  const overlay = readCompose(CLOUD_FILE).services[name]?.environment ?? {};
  return { ...environmentOf(name, env), ...interpolate(overlay, env) };
}

/** Why a variable that exists is in no compose file. */
const LEFT_OUT: Partial<Record<VariableName, string>> = {
  VOCA_DATA_DIR: 'belongs to the embedded servers and the supervisor',
  VOCA_ALLOW_LOCAL_WEBHOOKS: 'is for development; containers run in production',
  VOCA_API_URL: 'belongs to the command line, wherever it runs',
  VOCA_API_KEY: 'belongs to the command line, wherever it runs',
  TEMPORAL_TLS_CLIENT_CERT_PATH: 'containers are given the text of certificates',
  TEMPORAL_TLS_CLIENT_KEY_PATH: 'containers are given the text of certificates',
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: 'containers are given the text of certificates',
};

describe('the environment of our services', () => {
  test.each(OURS)('%s is given only variables that the configuration knows', (name) => {
    const unknown = Object.keys(file.services[name]?.environment ?? {}).filter(
      (variable) => !(VARIABLE_NAMES as string[]).includes(variable),
    );
    expect(unknown).toEqual([]);
  });

  test.each(OURS)('%s starts from it without a fault or a warning that is not meant', (name) => {
    const config = loadConfig(environmentOf(name), { role: roleOf(name) });
    expect(config.production).toBe(true);
    expect(config.temporal).toMatchObject({ address: 'temporal:7233', namespace: 'voca' });
    expect(config.listen).toMatchObject({ metricsHost: '0.0.0.0', metricsPort: 9464 });
    expect(config.warnings).toEqual([
      'TEMPORAL_ADDRESS is reached without TLS: keep it on a private network.',
    ]);
  });

  test('the api listens to the outside of its container, on the port that is published', () => {
    expect(loadConfig(environmentOf('api'), { role: 'api' }).listen).toMatchObject({
      host: '0.0.0.0',
      port: 5000,
    });
  });

  test('the media worker listens where the api passes streams on to, and has no database', () => {
    const { listen, database } = loadConfig(environmentOf('media'), { role: 'media' });
    const { listen: api } = loadConfig(environmentOf('api'), { role: 'api' });
    expect(listen).toMatchObject({ host: '0.0.0.0', mediaPort: 5001 });
    expect(api).toMatchObject({ mediaHost: 'media', mediaPort: 5001 });
    expect([api.mediaUrl, listen.mediaUrl]).toEqual([undefined, undefined]);
    expect(database.url).toBeUndefined();
  });

  test('with a published media worker both are told its address', () => {
    const env = { ...filledExample(), VOCA_MEDIA_URL: 'wss://voice.example.com' };
    for (const name of ['api', 'media'] as const) {
      const overlay = readCompose(MEDIA_PORT_FILE).services[name]?.environment ?? {};
      const variables = { ...environmentOf(name, env), ...interpolate(overlay, env) };
      const { listen } = loadConfig(variables, { role: name });
      expect(listen.mediaUrl).toBe('wss://voice.example.com');
    }
  });

  test('those who write reach the database of VOCA as its own user', () => {
    for (const name of ['api', 'worker-1', 'worker-2']) {
      const { url } = loadConfig(environmentOf(name), { role: roleOf(name) }).database;
      expect(url).toBe('postgres://voca:voca1@postgres:5432/voca');
    }
  });

  test('both workers are given the same', () => {
    expect(file.services['worker-1']).toEqual(file.services['worker-2']);
  });

  test('every variable of VOCA is passed on, or it is said here why not', () => {
    const passed = new Set(
      OURS.flatMap((name) => [
        ...Object.keys(file.services[name]?.environment ?? {}),
        ...[CLOUD_FILE, MEDIA_PORT_FILE].flatMap((overlay) =>
          Object.keys(readCompose(overlay).services[name]?.environment ?? {}),
        ),
      ]),
    );
    const forgotten = VARIABLE_NAMES.filter((name) => !passed.has(name) && !LEFT_OUT[name]);
    expect(forgotten).toEqual([]);
    expect(Object.keys(LEFT_OUT).filter((name) => passed.has(name))).toEqual([]);
  });

  test('what an operator sets for VOCA comes through', () => {
    const env = { ...filledExample(), VOCA_LLM: 'openai', OPENAI_API_KEY: 'k', OPENAI_MODEL: 'm' };
    expect(loadConfig(environmentOf('worker-1', env), { role: 'worker' }).models).toMatchObject({
      openai: { apiKey: 'k', model: 'm' },
    });
  });
});

describe('Temporal Cloud in place of the server', () => {
  const env = {
    ...filledExample(),
    TEMPORAL_ADDRESS: 'calls.a1b2c.tmprl.cloud:7233',
    TEMPORAL_NAMESPACE: 'calls.a1b2c',
    TEMPORAL_API_KEY: 'an-invented-api-key',
  };

  test.each(OURS)('%s connects there, with TLS', (name) => {
    const { temporal, warnings } = loadConfig(cloudEnvironmentOf(name, env), {
      role: roleOf(name),
    });
    expect(temporal).toMatchObject({
      address: env.TEMPORAL_ADDRESS,
      namespace: env.TEMPORAL_NAMESPACE,
      apiKey: env.TEMPORAL_API_KEY,
      tls: true,
    });
    expect(warnings.filter((warning) => warning.startsWith('TEMPORAL'))).toEqual([]);
  });

  test('its address has no default that could be meant by accident', () => {
    expect(() => cloudEnvironmentOf('api', filledExample())).toThrow('TEMPORAL_ADDRESS');
  });
});

describe('deploy/compose.env.example', () => {
  test('asks for exactly what Compose refuses to start without', () => {
    const needed = exampleVariables().filter((name) => {
      const env = Object.fromEntries(Object.entries(filledExample()).filter(([k]) => k !== name));
      try {
        interpolate(file, env);
        return false;
      } catch {
        return true;
      }
    });
    expect(needed).toEqual(exampleVariables());
    expect(() => interpolate(file, filledExample())).not.toThrow();
  });

  test('describes every variable of the compose file that is not one of VOCA', () => {
    const described = new Set([...exampleVariables(), ...optionalVariables()]);
    const used = [...variablesIn(file)].filter((name) => !described.has(name));
    expect(used.filter((name) => !(VARIABLE_NAMES as string[]).includes(name))).toEqual([]);
    const known = new Set([...variablesIn(file), ...variablesIn(readCompose(MEDIA_PORT_FILE))]);
    expect(optionalVariables().filter((name) => !known.has(name))).toEqual([]);
  });
});
