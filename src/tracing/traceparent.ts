/** The one header that carries a trace from process to process. Protocol: W3C Trace Context. */

export interface TraceParent {
  traceId: string;
  spanId: string;
  flags: number;
}

const FORM = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;

/** Undefined unless it is well-formed: a bad header begins a new trace. */
export function parseTraceparent(text: string): TraceParent | undefined {
  const [, traceId = '', spanId = '', flags = ''] = FORM.exec(text) ?? [];
  if (!/[1-9a-f]/.test(traceId) || !/[1-9a-f]/.test(spanId)) return undefined;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) };
}

export function formatTraceparent({ traceId, spanId, flags }: TraceParent): string {
  return `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, '0')}`;
}
