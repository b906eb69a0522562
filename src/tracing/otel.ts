/** OpenTelemetry behind {@link Tracing}. Loaded only where traces are collected. */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  diag,
  DiagLogLevel,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { Attributes, Context, Span, Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  NodeTracerProvider,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-node';
import type { TracingConfig } from '../config-types.ts';
import { fittingFields } from '../log-fields.ts';
import type { Log } from '../log.ts';
import type { OpenSpan, SpanFields, SpanOptions, Tracing } from './trace.ts';
import { formatTraceparent, parseTraceparent } from './traceparent.ts';

const KINDS = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  internal: SpanKind.INTERNAL,
} as const;
/** A collector that is away must not hold up a process that leaves. */
const STOP_MS = 1000;
const SEND_MS = 5000;
/** At most so often it is said that the collector cannot be reached. */
const COMPLAIN_MS = 60_000;

export function createTracing(
  config: TracingConfig & { endpoint: string },
  processName: string,
  log: Log,
): Tracing {
  complainTo(log);
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({
      'service.name': config.serviceName,
      'service.instance.id': processName,
    }),
    // A trace is kept or dropped as a whole, by whoever begins it.
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(config.sampleRatio) }),
    spanProcessors: [
      new BatchSpanProcessor(
        new OTLPTraceExporter({
          url: `${config.endpoint}/v1/traces`,
          headers: { ...config.headers },
          timeoutMillis: SEND_MS,
        }),
        { scheduledDelayMillis: 1000, exportTimeoutMillis: SEND_MS },
      ),
    ],
  });
  return new OtelTracing(provider);
}

class OtelTracing implements Tracing {
  readonly #provider: NodeTracerProvider;
  readonly #tracer: Tracer;
  readonly #contexts = new AsyncLocalStorage<Context>();

  constructor(provider: NodeTracerProvider) {
    this.#provider = provider;
    this.#tracer = provider.getTracer('voca');
  }

  open(name: string, options: SpanOptions): OpenSpan {
    const { parent, startedMs, kind = 'internal', fields = {} } = options;
    const context =
      (parent === undefined ? undefined : contextOf(parent)) ??
      this.#contexts.getStore() ??
      ROOT_CONTEXT;
    const span = this.#tracer.startSpan(
      name,
      {
        kind: KINDS[kind],
        attributes: attributesOf(fields),
        ...(startedMs !== undefined && { startTime: startedMs }),
      },
      context,
    );
    return {
      traceId: span.spanContext().traceId,
      within: (work) => this.#contexts.run(trace.setSpan(context, span), work),
      end: (more = {}, outcome = 'ok', endedMs) => endSpan(span, more, outcome, endedMs),
    };
  }

  header(): string | undefined {
    const context = this.#contexts.getStore();
    const span = context && trace.getSpanContext(context);
    return span && formatTraceparent({ ...span, flags: span.traceFlags });
  }

  async stop(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, STOP_MS);
    });
    await Promise.race([this.#provider.shutdown().catch(() => undefined), late]);
    clearTimeout(timer);
    diag.disable();
  }
}

function endSpan(
  span: Span,
  fields: SpanFields,
  outcome: 'ok' | 'error',
  endedMs: number | undefined,
): void {
  span.setAttributes(attributesOf(fields));
  if (outcome === 'error') span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(endedMs);
}

function contextOf(header: string): Context | undefined {
  const parent = parseTraceparent(header);
  if (!parent) return undefined;
  const { traceId, spanId, flags } = parent;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: flags, isRemote: true });
}

function attributesOf(fields: SpanFields): Attributes {
  const attributes: Attributes = {};
  for (const [name, value] of Object.entries(fittingFields(fields))) {
    if (name !== 'traceId') attributes[`voca.${name}`] = value;
  }
  return attributes;
}

/** What OpenTelemetry complains about is the collector; its words may quote headers. */
function complainTo(log: Log): void {
  let saidAt = -Infinity;
  const complain = (): void => {
    if (performance.now() - saidAt < COMPLAIN_MS) return;
    saidAt = performance.now();
    log.warn('traces are lost: the collector does not take them');
  };
  const ignore = (): void => undefined;
  diag.setLogger(
    { error: complain, warn: ignore, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true },
  );
}
