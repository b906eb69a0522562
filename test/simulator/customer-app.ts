/** The application of a customer, as tests need it: a small HTTP server with an answer per path. */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  method: string;
  path: string;
  query: URLSearchParams;
  form: URLSearchParams;
  /** As it came: path and query. */
  target: string;
  headers: IncomingHttpHeaders;
}

export type Answer = string | ((received: Received, response: ServerResponse) => unknown);

export interface CustomerApp {
  url: string;
  received: Received[];
  /** The requests for one path, in order of arrival. */
  at(path: string): Received[];
  close(): Promise<void>;
}

/** A string is TwiML without its root; a function answers by itself, or returns such a string. */
export async function startApp(answers: Record<string, Answer>): Promise<CustomerApp> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const url = new URL(request.url ?? '', 'http://app');
      const one: Received = {
        method: request.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        form: new URLSearchParams(Buffer.concat(chunks).toString('utf8')),
        target: request.url ?? '',
        headers: request.headers,
      };
      received.push(one);
      const answer = answers[url.pathname];
      const twiml = typeof answer === 'function' ? await answer(one, response) : answer;
      if (response.headersSent || response.destroyed) return;
      if (typeof twiml === 'string') {
        response.setHeader('Content-Type', 'text/xml');
        response.end(`<Response>${twiml}</Response>`);
      } else if (answer === undefined) response.writeHead(404).end('no such page');
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    at: (path) => received.filter((one) => one.path === path),
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
