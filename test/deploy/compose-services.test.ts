/** What the compose file promises: who is reachable, what is kept, what a container may do. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  interpolate,
  MAIN_FILE,
  milliseconds,
  OURS,
  OVERLAYS,
  readCompose,
  readText,
  ROOT,
} from './compose-files.ts';
import { filledExample } from './environment.ts';

const file = interpolate(readCompose(MAIN_FILE), filledExample());
const services = Object.entries(file.services);
const JOBS = ['temporal-schema', 'temporal-namespace'];
const SERVERS = services.filter(([name]) => !JOBS.includes(name));
const SECRETS = /PASSWORD|PWD|TOKEN|SECRET|_KEY$|DATABASE_URL/;
/** The images of Temporal's servers since 1.30 hold no tools of Temporal and promise no shell. */
const isTemporals = (image = ''): boolean => /^temporalio\/(server|ui):/.test(image);

/** Runs a health check against a server that answers with `code`. @returns how it ended. */
async function endOf(script: string, port: number, code: number): Promise<number> {
  const server = createServer((_request, response) => response.writeHead(code).end());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    const own = (server.address() as AddressInfo).port;
    const check = spawn(process.execPath, ['-e', script.replace(`:${port}/`, `:${own}/`)]);
    const [status] = (await once(check, 'close')) as [number];
    return status;
  } finally {
    server.close();
  }
}

describe('docker-compose.yml', () => {
  test('has PostgreSQL, Temporal with its two jobs and its UI, an api, two workers and a media worker', () => {
    expect(services.map(([name]) => name).sort()).toEqual(
      ['postgres', 'temporal', 'temporal-ui', ...JOBS, ...OURS].sort(),
    );
  });

  test('publishes nothing but the port of the api, on the loopback address', () => {
    const published = services.filter(([, service]) => service.ports !== undefined);
    expect(published.map(([name, { ports }]) => [name, ports])).toEqual([
      ['api', ['127.0.0.1:5000:5000']],
    ]);
    expect(readText(MAIN_FILE)).not.toMatch(/network_mode|docker\.sock|privileged/);
  });

  test('UI and media worker are published by their overlays only, on the loopback address', () => {
    const ports = OVERLAYS.flatMap((overlay) =>
      Object.values(readCompose(overlay).services).flatMap((service) => service.ports ?? []),
    );
    expect(ports).toEqual(['127.0.0.1:8080:8080', '${MEDIA_PUBLISH:-127.0.0.1:5001}:5001']);
  });

  test('databases, Temporal and its UI are on a network without a way out or in', () => {
    expect(file.networks?.['private']).toEqual({ internal: true });
    const outside = services.filter(([, { networks }]) => networks?.includes('outbound'));
    expect(outside.map(([name]) => name).sort()).toEqual([...OURS]);
    for (const [, { networks }] of services) expect(networks).toContain('private');
  });

  test.each(services)('%s has an image with an exact tag', (_name, { image }) => {
    expect(image).toMatch(/^[a-z0-9./-]+:\d+\.\d+(\.\d+)?(-[a-z0-9]+)?$/);
  });

  test('our image has the version of the package', () => {
    const { version } = JSON.parse(readText('package.json')) as { version: string };
    for (const name of OURS) expect(file.services[name]?.image).toBe(`voca:${version}`);
  });

  test("Temporal's server and its tools have the same version, 1.30 or newer; its UI 2.38", () => {
    const versionOf = (name: string): number[] =>
      (file.services[name]?.image?.split(':')[1] ?? '').split('.').map(Number);
    const [major = 0, minor = 0] = versionOf('temporal');
    expect(major * 1000 + minor).toBeGreaterThanOrEqual(1030);
    for (const job of JOBS) expect(versionOf(job)).toEqual(versionOf('temporal'));
    const [uiMajor = 0, uiMinor = 0] = versionOf('temporal-ui');
    expect(uiMajor * 1000 + uiMinor).toBeGreaterThanOrEqual(2038);
  });

  test('Temporal has 512 history shards', () => {
    expect(file.services['temporal']?.environment?.['NUM_HISTORY_SHARDS']).toBe('512');
  });

  test('volumes have names, and bound files exist and are read-only', () => {
    const volumes = services.flatMap(([, service]) => service.volumes ?? []);
    const named = volumes.filter((volume) => typeof volume === 'string');
    const bound = volumes.filter((volume) => typeof volume !== 'string');
    expect(named).toEqual(['postgres-data:/var/lib/postgresql/data']);
    expect(Object.keys(file.volumes ?? {})).toEqual(['postgres-data']);
    expect(bound.length).toBeGreaterThan(3);
    for (const volume of bound) {
      expect(volume).toMatchObject({ type: 'bind', read_only: true });
      expect(existsSync(join(ROOT, volume.source))).toBe(true);
    }
  });

  test.each(services)(
    '%s may write nowhere but to volumes and gains no rights',
    (_name, service) => {
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
      expect(service.mem_limit).toMatch(/^\d+[mg]$/);
      expect(service.env_file).toBeUndefined();
    },
  );

  test.each(SERVERS)(
    '%s has a health check, comes back and is given time to stop',
    (_n, service) => {
      expect(service.restart).toBe('unless-stopped');
      expect(service.healthcheck?.test[0]).toBe('CMD');
    },
  );

  test("the health checks in Temporal's images use no shell and no tool of Temporal", () => {
    const checks = SERVERS.filter(([, { image }]) => isTemporals(image)).map(
      ([, { healthcheck }]) => healthcheck?.test ?? [],
    );
    expect(checks.map((check) => check.slice(0, 2))).toEqual([
      ['CMD', 'nc'],
      ['CMD', 'wget'],
    ]);
  });

  test.each(OURS)('%s is given longer to stop than it drains', (name) => {
    const drains = /const DRAIN_MS = ([\d_]+);/.exec(readText('src/supervisor/child.ts'))?.[1];
    const drainMs = Number(drains?.replaceAll('_', ''));
    const graceMs = milliseconds(file.services[name]?.stop_grace_period ?? '0s');
    expect(graceMs).toBeGreaterThanOrEqual(2 * drainMs);
  });

  test.each([
    ['api', 200, 0],
    ['api', 503, 1],
    ['worker-1', 200, 0],
    ['worker-2', 503, 1],
  ])(
    '%s, asked when it answers %d, has a health check that ends with %d',
    async (name, code, end) => {
      const port = name === 'api' ? 5000 : 9464;
      const [, program, flag, script = ''] = file.services[name]?.healthcheck?.test ?? [];
      expect([program, flag]).toEqual(['node', '-e']);
      expect(script).toContain(`http://127.0.0.1:${port}/healthz`);
      await expect(endOf(script, port, code)).resolves.toBe(end);
    },
  );

  test('nothing starts before what it needs: tables, server, namespace, processes', () => {
    const needs = (name: string) =>
      Object.entries(file.services[name]?.depends_on ?? {}).map(([on, { condition }]) => [
        on,
        condition,
      ]);
    expect(needs('temporal-schema')).toEqual([['postgres', 'service_healthy']]);
    expect(needs('temporal')).toEqual([['temporal-schema', 'service_completed_successfully']]);
    expect(needs('temporal-namespace')).toEqual([['temporal', 'service_healthy']]);
    expect(needs('api')).toEqual([['temporal-namespace', 'service_completed_successfully']]);
    expect(needs('worker-1')).toContainEqual(['postgres', 'service_healthy']);
    expect(needs('worker-1')).toContainEqual([
      'temporal-namespace',
      'service_completed_successfully',
    ]);
  });

  test('holds no secret', () => {
    const kept = Object.values(readCompose(MAIN_FILE).services)
      .flatMap(({ environment }) => Object.entries(environment ?? {}))
      .filter(([name, value]) => SECRETS.test(name) && value !== '')
      .map(([, value]) => value);
    expect(kept).not.toHaveLength(0);
    for (const value of kept) expect(value).toMatch(/^(postgres:\/\/voca:)?\$\{/);
  });
});
