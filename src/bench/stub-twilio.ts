/**
 * Twilio's REST API as far as an instance asks it by itself while calls are only webhooks of a load
 * generator: every call that it asks for goes on, and none is listed, so that nothing is settled.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StubTwilio {
  baseUrl: string;
  close(): Promise<void>;
}

const ONE_CALL = /\/Accounts\/(AC[0-9a-f]{32})\/Calls\/(CA[0-9a-f]{32})\.json/;

/** Listens on a free port of the loopback. */
export async function startStubTwilio(): Promise<StubTwilio> {
  const server = createServer((request, response) => {
    request.resume();
    const text = JSON.stringify(answerTo(request.url ?? ''));
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function answerTo(url: string): object {
  const [, accountSid, sid] = ONE_CALL.exec(url) ?? [];
  if (sid !== undefined) {
    return { sid, account_sid: accountSid, status: 'in-progress', direction: 'inbound' };
  }
  const page = { page: 0, page_size: 1000, start: 0, end: 0, next_page_uri: null };
  return { ...page, calls: [], incoming_phone_numbers: [] };
}
