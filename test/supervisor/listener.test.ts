/** The listener alone, with no process behind it. */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { once } from 'node:events';
import { afterEach, expect, test } from '@jest/globals';
import { Listener } from '../../src/supervisor/listener.ts';
import { eventually } from './fixtures/lines.ts';

const warnings: string[] = [];
const log = {
  info: () => undefined,
  warn: (_fields: object, message: string) => void warnings.push(message),
  error: () => undefined,
};

let listener: Listener | undefined;
let other: Server | undefined;
afterEach(() => {
  listener?.kill();
  other?.close();
  warnings.length = 0;
});

async function listen(options: { maxHeld?: number; holdMs?: number }): Promise<Listener> {
  listener = new Listener({ log, ...options });
  await listener.listen({ host: '127.0.0.1', port: 0 });
  return listener;
}

/** Connects, and notes when the other side closes. */
async function caller(port: number): Promise<{ isClosed: boolean }> {
  const state = { isClosed: false };
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined).on('close', () => (state.isClosed = true));
  socket.resume();
  await once(socket, 'connect');
  return state;
}

test('with no process, callers wait for a while and are closed then', async () => {
  const { port } = await listen({ holdMs: 300 });
  const startedMs = Date.now();
  const callers = [await caller(port), await caller(port)];
  await eventually(() => callers.every(({ isClosed }) => isClosed));
  expect(Date.now() - startedMs).toBeGreaterThanOrEqual(290);
  await eventually(() => warnings.length === 1);
  expect(warnings).toEqual(['closed 2 connections that no process could take']);
});

test('more callers than may wait are closed at once, and nobody who waits', async () => {
  const { port } = await listen({ maxHeld: 2 });
  const callers = [await caller(port), await caller(port), await caller(port)];
  await eventually(() => callers[2]?.isClosed);
  expect(callers.map(({ isClosed }) => isClosed)).toEqual([false, false, true]);
});

test('killing it closes those who wait', async () => {
  const held = await listen({});
  const first = await caller(held.port);
  const kept = held.port;
  await caller(kept).then(() => held.kill());
  await eventually(() => first.isClosed);
  await expect(caller(kept)).rejects.toThrow('ECONNREFUSED');
});

test('a port that is taken is named, with what to do', async () => {
  other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const listening = new Listener({ log }).listen({ host: '127.0.0.1', port });
  await expect(listening).rejects.toThrow(
    `Port ${port} of 127.0.0.1 is taken, perhaps by another VOCA. Stop the program that listens ` +
      `there ("lsof -i :${port}" or "ss -ltnp" name it), or set PORT to another port.`,
  );
});

test('an address of another machine is named, with what to do', async () => {
  const listening = new Listener({ log }).listen({ host: '192.0.2.1', port: 0 });
  await expect(listening).rejects.toThrow('HOST is "192.0.2.1", which is no address of this');
});
