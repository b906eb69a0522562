/** Spans around the questions to language models. */
import type { Orchestrator } from '../../activities/ports.ts';
import type { ModelTry } from '../../workflows/contract.ts';
import { openSpan } from './trace.ts';
import type { OpenSpan } from './trace.ts';

type Mind = Orchestrator & { ready(): Promise<void> };

/** The same mind; each of its answers is a span, and each try for it a child of that. */
export function tracedOrchestrator(mind: Mind): Mind {
  return {
    ready: () => mind.ready(),
    generateReply: (...asked) => asking('reply', () => mind.generateReply(...asked)),
    summarize: (...asked) => asking('summary', () => mind.summarize(...asked)),
  };
}

async function asking<T extends { model: string; tries?: ModelTry[] }>(
  what: string,
  work: () => Promise<T>,
): Promise<T> {
  const startedMs = Date.now();
  const span = openSpan(`model ${what}`, { kind: 'client', startedMs });
  if (!span) return work();
  try {
    const answer = await span.within(work);
    addTries(span, answer.tries ?? [], startedMs);
    span.end({ model: answer.model });
    return answer;
  } catch (error) {
    const { tries } = (error ?? {}) as { tries?: ModelTry[] };
    addTries(span, tries ?? [], startedMs);
    span.end({ reason: error instanceof Error ? error.name : 'unknown' }, 'error');
    throw error;
  }
}

/**
 * The tries tell how long they took and not when: they are drawn one behind the other, the last one
 * at the end, so what lies between them is the pause before another try.
 */
function addTries(span: OpenSpan, tries: readonly ModelTry[], startedMs: number): void {
  const endedMs = Date.now();
  let from = startedMs;
  tries.forEach(({ model, ms, outcome }, index) => {
    const start = index === tries.length - 1 ? Math.max(from, endedMs - ms) : from;
    const end = Math.min(start + ms, endedMs);
    from = end;
    const options = { kind: 'client', startedMs: start, fields: { model, outcome } } as const;
    const isGood = outcome === 'answered';
    span.within(() => openSpan('model try', options))?.end({}, isGood ? 'ok' : 'error', end);
  });
}
