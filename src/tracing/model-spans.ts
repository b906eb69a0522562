/** Spans around the questions to language models. */
import type { Orchestrator } from '../../activities/ports.ts';
import type { ModelTry } from '../../workflows/contract.ts';
import { inSpan, openSpan } from './trace.ts';

type Mind = Orchestrator & { ready(): Promise<void> };

/** The same mind; each of its answers is a span, with those of {@link traceTry} in it. */
export function tracedOrchestrator(mind: Mind): Mind {
  return {
    ready: () => mind.ready(),
    generateReply: (...asked) => inSpan('model reply', {}, () => mind.generateReply(...asked)),
    summarize: (...asked) => inSpan('model summary', {}, () => mind.summarize(...asked)),
  };
}

/** A span for a question to one model that has just been answered, or was not. */
export function traceTry({ model, ms, outcome }: ModelTry): void {
  const endedMs = Date.now();
  const options = { kind: 'client', startedMs: endedMs - ms, fields: { model, outcome } } as const;
  openSpan('model try', options)?.end({}, outcome === 'answered' ? 'ok' : 'error', endedMs);
}
