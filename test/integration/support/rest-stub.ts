/** Twilio's REST API of one account in which every call is up until it is told otherwise. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RestStub {
  baseUrl: string;
  /** Every request that changes a call: its id and what it says. */
  readonly updates: { callSid: string; form: Record<string, string> }[];
  /** Changes are asked for and not made: 503. */
  isOverloaded: boolean;
  close(): void;
}

export async function startRestStub(): Promise<RestStub> {
  const updates: RestStub['updates'] = [];
  const over = new Set<string>();
  const stub: RestStub & { baseUrl: string } = {
    baseUrl: '',
    updates,
    isOverloaded: false,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  const server = createServer((request, response) => {
    const callSid = /\/Calls\/(CA[0-9a-f]+)\.json/.exec(request.url ?? '')?.[1] ?? '';
    let body = '';
    request.on('data', (chunk: Buffer) => (body += String(chunk)));
    request.on('end', () => {
      if (request.method === 'POST') {
        const form = Object.fromEntries(new URLSearchParams(body));
        updates.push({ callSid, form });
        if (stub.isOverloaded) return void response.writeHead(503).end();
        if (form['Status'] === 'completed') over.add(callSid);
      }
      const status = over.has(callSid) ? 'completed' : 'in-progress';
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ sid: callSid, status, direction: 'inbound', duration: null }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  stub.baseUrl = `http://127.0.0.1:${port}`;
  return stub;
}
