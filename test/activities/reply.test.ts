import { describe, expect, test } from '@jest/globals';
import {
  ApplicationFailure,
  asyncLocalStorage,
  CancelledFailure,
  Context,
} from '@temporalio/activity';
import type { CallSoFar, Orchestrator } from '../../activities/ports.ts';
import { createReplier } from '../../activities/reply.ts';
import { ModelError, NoModelAnswered } from '../../src/orchestrator/index.ts';
import { makeCall } from '../orchestrator/make-call.ts';

const call: CallSoFar = makeCall('Hello.', '> the number is 1234');
const heard = { kind: 'speech', text: 'hi' } as const;
const tries = [{ model: 'openai/m', ms: 8000, outcome: 'timeout' as const }];

type Mind = Orchestrator & { ready(): Promise<void> };
const failing = (error: unknown): Mind => ({
  ready: () => Promise.resolve(),
  generateReply: () => Promise.reject(error as Error),
  summarize: () => Promise.reject(error as Error),
});

/** Runs work as an activity that somebody may cancel. */
async function asActivity<T>(
  work: () => Promise<T>,
  options: { cancelAfterMs?: number; workerShutdown?: boolean } = {},
): Promise<{ error: unknown; beats: number }> {
  const controller = new AbortController();
  let beats = 0;
  const cancelled = new Promise<never>((_resolve, reject) => {
    controller.signal.addEventListener('abort', () => reject(new CancelledFailure('CANCELLED')));
  });
  cancelled.catch(() => undefined);
  const details = { details: { workerShutdown: options.workerShutdown ?? false } };
  // Of a context, an activity uses its signal, its heart and why it was cancelled.
  const context = new Context(
    ...([{}, cancelled, controller.signal, () => void (beats += 1)] as unknown as [
      never,
      never,
      never,
      never,
    ]),
    ...([undefined, {}, {}, details] as unknown as [never, never, never, never]),
  );
  const { cancelAfterMs } = options;
  if (cancelAfterMs !== undefined) setTimeout(() => controller.abort(), cancelAfterMs);
  const error = await asyncLocalStorage.run(context, () =>
    work().then(
      () => undefined,
      (thrown: unknown) => thrown,
    ),
  );
  return { error, beats };
}

describe.each(['reply', 'summarize'] as const)('the activity %s', (name) => {
  const run = (mind: Mind) => {
    const activities = createReplier(mind);
    return name === 'reply' ? activities.reply({ call, heard }) : activities.summarize({ call });
  };

  test('fails for good when no model answered, with the tries in its details', async () => {
    const last = new ModelError('timeout', 'late', { original: 'the number is 1234' });
    const { error } = await asActivity(() => run(failing(new NoModelAnswered(last, tries))));
    expect(error).toBeInstanceOf(ApplicationFailure);
    expect(error).toMatchObject({ type: 'ModelFailed', nonRetryable: true, details: [tries] });
  });

  test('says nothing of what was said, whatever was thrown', async () => {
    const { error } = await asActivity(() => run(failing(new Error('the number is 1234'))));
    expect(JSON.stringify(error) + String(error)).not.toContain('1234');
    expect(error).toMatchObject({ type: 'ModelFailed', details: [[]] });
  });

  test('ends at once when it is cancelled, also when the model does not listen', async () => {
    const deaf: Mind = {
      ready: () => Promise.resolve(),
      generateReply: () => new Promise<never>(() => {}),
      summarize: () => new Promise<never>(() => {}),
    };
    const { error } = await asActivity(() => run(deaf), { cancelAfterMs: 20 });
    expect(error).toBeInstanceOf(CancelledFailure);
    const shutdown = await asActivity(() => run(deaf), { cancelAfterMs: 20, workerShutdown: true });
    expect(shutdown.error).toMatchObject({ type: 'WorkerShutdown', nonRetryable: false });
  });

  test('beats while the model thinks', async () => {
    const slow = () => new Promise<never>((_resolve, reject) => setTimeout(reject, 1_000));
    const { beats } = await asActivity(() =>
      run({ ready: () => Promise.resolve(), generateReply: slow, summarize: slow }),
    );
    expect(beats).toBeGreaterThanOrEqual(1);
  });
});
