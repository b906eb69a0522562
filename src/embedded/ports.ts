import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { EmbeddedError } from './embedded-error.ts';

export type PortName = 'postgres' | 'temporal' | 'temporalUi' | 'temporalHttp' | 'temporalMetrics';
export type Ports = Record<PortName, number>;

/** Where people expect these servers; PostgreSQL aside, so that a real one can still be started. */
export const USUAL_PORTS: Ports = {
  postgres: 15432,
  temporal: 7233,
  temporalUi: 8233,
  temporalHttp: 7243,
  temporalMetrics: 7253,
};

const NEXT_TRIES = 20;

/**
 * Free ports of 127.0.0.1, remembered in the data folder: those of last time when they are free,
 * else the usual ones, else the next free ones. With `usual: false` any free ones (for tests).
 */
export async function choosePorts(
  dataDir: string,
  names: readonly PortName[],
  { usual = true }: { usual?: boolean } = {},
): Promise<Partial<Ports>> {
  const remembered = readPorts(dataDir);
  const chosen: Partial<Ports> = {};
  for (const name of names) {
    const taken = new Set(Object.values(chosen));
    chosen[name] = await choosePort(remembered[name], usual ? USUAL_PORTS[name] : undefined, taken);
  }
  const file = portsFile(dataDir);
  writeFileSync(`${file}.new`, `${JSON.stringify({ ...remembered, ...chosen }, null, 2)}\n`);
  renameSync(`${file}.new`, file);
  return chosen;
}

async function choosePort(
  remembered: number | undefined,
  usual: number | undefined,
  taken: ReadonlySet<number>,
): Promise<number> {
  const wanted = usual === undefined ? [] : Array.from({ length: NEXT_TRIES }, (_, i) => usual + i);
  for (const port of [...(remembered === undefined ? [] : [remembered]), ...wanted]) {
    if (!taken.has(port) && (await tryPort(port)) !== undefined) return port;
  }
  for (let i = 0; i < NEXT_TRIES; i++) {
    const port = await tryPort(0);
    if (port !== undefined && !taken.has(port)) return port;
  }
  throw new EmbeddedError('No free port could be found on 127.0.0.1.');
}

/** Listens for a moment. Undefined when the port is taken; 0 asks for any free one. */
function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      const found = typeof address === 'object' && address !== null ? address.port : undefined;
      server.close(() => resolve(found));
    });
  });
}

function portsFile(dataDir: string): string {
  return join(dataDir, 'ports.json');
}

function readPorts(dataDir: string): Partial<Ports> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(portsFile(dataDir), 'utf8'));
  } catch {
    return {};
  }
  if (typeof parsed !== 'object' || parsed === null) return {};
  const ports: Partial<Ports> = {};
  for (const name of Object.keys(USUAL_PORTS) as PortName[]) {
    const port = (parsed as Record<string, unknown>)[name];
    if (typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65536) {
      ports[name] = port;
    }
  }
  return ports;
}
