/**
 * Traces, when somebody collects them. Until {@link startTracing} was given a collector everything
 * here does nothing, and OpenTelemetry is not even loaded.
 */
import type { TracingConfig } from '../config-types.ts';
import type { Log, LogFields } from '../log.ts';

/** What a span may say: the fields of the log, each in its form. No speech, no numbers. */
export type SpanFields = Omit<LogFields, 'error'>;

export interface SpanOptions {
  /** Whose child it is, as a W3C header; left out for a child of what is being done now. */
  parent?: string;
  /** When it began, if not now, in milliseconds since 1970. */
  startedMs?: number;
  /** `server`: answers a request; `client`: asks another process and waits; else inside of one. */
  kind?: 'server' | 'client' | 'internal';
  fields?: SpanFields;
}

export interface OpenSpan {
  readonly traceId: string;
  /** Everything that is begun in `work` becomes its child. */
  within<T>(work: () => T): T;
  /** @param endedMs when it ended, if not now, in milliseconds since 1970. */
  end(fields?: SpanFields, outcome?: 'ok' | 'error', endedMs?: number): void;
}

/** What OpenTelemetry has to be able to do for us; see `otel.ts`. */
export interface Tracing {
  open(name: string, options: SpanOptions): OpenSpan;
  /** The span that is open here, as a header; undefined when there is none. */
  header(): string | undefined;
  /** Sends what was not sent yet, within a second or so. Never rejects. */
  stop(): Promise<void>;
}

let tracing: Tracing | undefined;

/** Collects traces from now on, if the configuration names a collector. */
export async function startTracing(
  config: TracingConfig,
  processName: string,
  log: Log,
): Promise<void> {
  if (config.endpoint === undefined || tracing) return;
  const { createTracing } = await import('./otel.ts');
  tracing = createTracing({ ...config, endpoint: config.endpoint }, processName, log);
  log.info('traces are sent to a collector');
}

/** Sends what was not sent yet and stops. Never rejects. */
export async function stopTracing(): Promise<void> {
  const was = tracing;
  tracing = undefined;
  await was?.stop();
}

/** Undefined when nobody collects traces. */
export function openSpan(name: string, options: SpanOptions = {}): OpenSpan | undefined {
  return tracing?.open(name, options);
}

/** The span that is open here, as a W3C header. */
export function traceHeader(): string | undefined {
  return tracing?.header();
}

/** Does `work` within a span that ends with it. */
export function inSpan<T>(name: string, options: SpanOptions, work: () => Promise<T>): Promise<T> {
  return tracing ? spanning(tracing.open(name, options), work) : work();
}

async function spanning<T>(span: OpenSpan, work: () => Promise<T>): Promise<T> {
  try {
    const result = await span.within(work);
    span.end();
    return result;
  } catch (error) {
    span.end({ reason: error instanceof Error ? error.name : 'unknown' }, 'error');
    throw error;
  }
}
