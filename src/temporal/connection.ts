import { Client, Connection } from '@temporalio/client';
import type { ConnectionOptions } from '@temporalio/client';
import { createDataConverter } from '../sealing/index.ts';
import { traceMessages } from '../tracing/client-interceptor.ts';

export interface TemporalAddress {
  address: string;
  namespace: string;
  apiKey?: string;
  tls?: ConnectionOptions['tls'];
  /** Of sealed payloads: the first one seals, all of them open. Left out: nothing is sealed. */
  secretKeys?: readonly string[];
}

export interface TemporalLink {
  connection: Connection;
  client: Client;
  close(): Promise<void>;
}

/**
 * A client that connects when it is first used, so that a process starts with Temporal away.
 *
 * It never repeats a request by itself (`interceptors: []`): whoever asks has a caller on the line
 * and a clock of his own, see `persist.ts`. After an outage it tries the line again within half a
 * second; the default of gRPC grows to two minutes.
 */
export function linkToTemporal(to: TemporalAddress): TemporalLink {
  const connection = Connection.lazy({
    address: to.address,
    tls: to.tls ?? (to.apiKey === undefined ? false : true),
    ...(to.apiKey !== undefined && { apiKey: to.apiKey }),
    interceptors: [],
    channelArgs: {
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.min_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 500,
    },
  });
  const client = new Client({
    connection,
    namespace: to.namespace,
    dataConverter: createDataConverter(to.secretKeys ?? []),
    interceptors: { workflow: [traceMessages] },
  });
  return { connection, client, close: () => connection.close() };
}
