import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeFetch } from '../../src/vendors/own-fetch.ts';
import { VendorError } from '../../src/vendors/vendor-error.ts';

let server: Server;
let origin: string;
const received: { headers: IncomingHttpHeaders; body: Buffer }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(parts) });
      response.statusCode = request.url === '/fails' ? 500 : 200;
      response.end('x'.repeat(100));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe('a fetch of our own', () => {
  test('sends the headers that are named and no others, and bytes as they are', async () => {
    const send = makeFetch({ headers: ['xi-api-key'] });
    const headers = { 'XI-API-Key': 'k', 'x-stainless-os': 'Linux', authorization: 'Token t' };
    const body = new Uint8Array([0, 255, 128]);
    await send(origin, { method: 'POST', headers, body }).then((response) => response.text());
    const last = received.at(-1);
    expect(last?.headers).toMatchObject({ 'xi-api-key': 'k', 'accept-encoding': 'identity' });
    expect(last?.headers).not.toHaveProperty('authorization');
    expect(last?.headers).not.toHaveProperty('x-stainless-os');
    expect(last?.body).toEqual(Buffer.from(body));
  });

  test('reads as much as it is told, and fails with the error that it is given', async () => {
    const exact = makeFetch({ limits: { maxBytes: 100, maxFailureBytes: 30 } });
    expect(await (await exact(origin)).text()).toHaveLength(100);
    expect(await (await exact(`${origin}/fails`)).text()).toHaveLength(30);

    const less = makeFetch({ limits: { maxBytes: 99 } });
    await expect(less(origin).then((response) => response.text())).rejects.toMatchObject({
      kind: 'bad-answer',
    });
    const tooLong = new VendorError('unavailable', 'enough');
    const own = makeFetch({ limits: { maxBytes: 99, tooLong: () => tooLong } });
    await expect(own(origin).then((response) => response.text())).rejects.toBe(tooLong);
  });
});
