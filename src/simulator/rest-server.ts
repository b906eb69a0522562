/** Twilio's REST API over HTTP: routing, authentication, JSON. */
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Account } from './account.ts';
import { authenticate } from './rest-auth.ts';
import type { Credentials } from './rest-auth.ts';
import { callInstance, callsCollection } from './rest-calls.ts';
import { notFound, RestError } from './rest-errors.ts';
import { numberInstance, numbersCollection } from './rest-numbers.ts';
import { readRequest } from './rest-request.ts';
import type { RestAnswer, RestRequest } from './rest-request.ts';
import { API_VERSION } from './voice-fields.ts';

/** Listens; port 0 takes a free one. */
export async function startRestServer(
  account: Account,
  credentials: Credentials,
  place: { host: string; port: number },
): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    void readRequest(request)
      .then((read) => route(account, credentials, read))
      .then((answer) => reply(response, answer))
      .catch((error: unknown) => reply(response, refusal(error)));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(place.port, place.host, resolve);
  });
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
}

function route(account: Account, credentials: Credentials, request: RestRequest): RestAnswer {
  authenticate(request.authorization, credentials);
  const { accountSid, numbers } = account.parts;
  const root = `/${API_VERSION}/Accounts/${accountSid}`;
  if (!request.path.startsWith(root)) throw notFound(request.path);
  const rest = request.path.slice(root.length);
  if (rest === '.json') return { status: 200, body: accountResource(accountSid) };
  if (rest === '/Calls.json') return callsCollection(account, request);
  if (rest === '/IncomingPhoneNumbers.json') return numbersCollection(accountSid, numbers, request);
  const [, kind, sid = ''] = /^\/(Calls|IncomingPhoneNumbers)\/(\w+)\.json$/.exec(rest) ?? [];
  if (kind === 'Calls') return callInstance(account, sid, request);
  if (kind === 'IncomingPhoneNumbers') return numberInstance(accountSid, numbers, sid, request);
  throw notFound(request.path);
}

function accountResource(sid: string) {
  const uri = `/${API_VERSION}/Accounts/${sid}.json`;
  return { sid, friendly_name: 'Simulated account', status: 'active', type: 'Full', uri };
}

function refusal(error: unknown): RestAnswer {
  if (error instanceof RestError) return { status: error.status, body: error.body };
  const internal = new RestError(500, 20500, 'An internal server error has occurred');
  return { status: 500, body: internal.body };
}

function reply(response: ServerResponse, { status, body }: RestAnswer): void {
  if (body === undefined) {
    response.writeHead(status).end();
    return;
  }
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
