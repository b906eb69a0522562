/** Requests to Twilio's REST API, as they go over the wire. */
import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Histogram } from 'prom-client';
import { registry, seconds } from './registry.ts';

const BUCKETS = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 4, 8];

const duration = new Histogram({
  name: 'voca_twilio_request_duration_seconds',
  help: "Requests to Twilio's REST API, by HTTP status; `none` when there was no answer",
  labelNames: ['method', 'status'] as const,
  buckets: BUCKETS,
  registers: [registry],
});

const METHODS = new Set(['GET', 'POST', 'DELETE']);
const started = new WeakMap<ClientRequest, number>();
let hosts: Set<string> | undefined;

/**
 * Counts the requests of this process to Twilio from now on. Node itself reports them, so that
 * whatever asks Twilio is counted, whichever way it does.
 * @param baseUrl a simulator in place of Twilio
 */
export function countTwilioRequests(baseUrl: string | undefined): void {
  const isFirst = hosts === undefined;
  hosts ??= new Set();
  hosts.add(baseUrl === undefined ? 'api.twilio.com' : new URL(baseUrl).host);
  if (!isFirst) return;
  subscribe('http.client.request.start', (message) => {
    const { request } = message as { request: ClientRequest };
    if (isTwilio(request)) started.set(request, performance.now());
  });
  subscribe('http.client.response.finish', (message) => {
    const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
    count(request, String(response.statusCode));
  });
  subscribe('http.client.request.error', (message) => {
    count((message as { request: ClientRequest }).request, 'none');
  });
}

function isTwilio(request: ClientRequest): boolean {
  const host = String(request.getHeader('host') ?? '');
  if (hosts?.has(host)) return true;
  // Twilio's own host has regional forms, such as api.dublin.ie1.twilio.com.
  return hosts?.has('api.twilio.com') === true && host.endsWith('.twilio.com');
}

function count(request: ClientRequest, status: string): void {
  const startedAt = started.get(request);
  if (startedAt === undefined) return;
  started.delete(request);
  const method = METHODS.has(request.method) ? request.method : 'other';
  duration.labels(method, status).observe(seconds(performance.now() - startedAt));
}
