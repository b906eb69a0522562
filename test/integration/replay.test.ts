/**
 * Histories of real calls are replayed by the code as it is now: a change in what a workflow does
 * fails here, before it fails a call that is under way. See CONTRIBUTING.md.
 */
import { describe, expect, test } from '@jest/globals';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker } from '@temporalio/worker';
import type * as workflows from '../../workflows/index.ts';
import { packageVersion } from '../../src/worker-versions.ts';
import { demoAssistant } from '../../src/orchestrator/index.ts';
import { workerSealing } from '../../src/sealing/index.ts';
import { stack } from './stack.ts';
import { changedWorkflows } from './support/changed-workflows.ts';
import type { RecordedHistory } from './support/histories.ts';
import { loadHistory, recordedNames, RECORDING_SECRET } from './support/histories.ts';
import { quietRuntime } from './support/voca.ts';

quietRuntime();

const names = recordedNames();

function replay(
  history: RecordedHistory,
  name: string,
  secretKeys = [RECORDING_SECRET],
  bundlePath = stack().workflowBundlePath,
): Promise<void> {
  const options = workerSealing(bundlePath, secretKeys);
  return Worker.runReplayHistory(options, history, name);
}

/** A workflow that is added is missing here until it is recorded. */
const WORKFLOWS: Record<keyof typeof workflows, true> = {
  call: true,
  checkNumbers: true,
  deliverWebhook: true,
  dispatchWebhooks: true,
  eraseCall: true,
  eraseSession: true,
  modelsReady: true,
  reconcile: true,
  retention: true,
};

function typeOf(name: string): string {
  const [started] = loadHistory(name).events;
  return started?.workflowExecutionStartedEventAttributes?.workflowType?.name ?? '';
}

describe('recorded calls', () => {
  test('are there', () => {
    expect(names.length).toBeGreaterThanOrEqual(12);
    expect(names).toContain(`${packageVersion()}/inbound-three-turns.json`);
  });

  test('and every other workflow are there', () => {
    expect([...new Set(names.map(typeOf))].sort()).toEqual(Object.keys(WORKFLOWS).sort());
  });

  test('tell of a call that was summed up and went on in a new run', () => {
    const runs = names.filter((name) => name.startsWith(`${packageVersion()}/inbound-long-`));
    expect(runs.length).toBeGreaterThan(1);
    const histories = runs.map((name) => JSON.stringify(loadHistory(name)));
    expect(histories.some((history) => history.includes('"summarize"'))).toBe(true);
    const isMoved = (history: string) => history.includes('workflowExecutionContinuedAsNew');
    expect(histories.filter(isMoved)).toHaveLength(runs.length - 1);
  });

  test('tell of calls with variables, summed up for the next call, and ended by failing models', () => {
    const types = (name: string): string[] =>
      loadHistory(`${packageVersion()}/${name}.json`).events.map((event) => {
        return event.activityTaskScheduledEventAttributes?.activityType?.name ?? '';
      });
    const summaries = (name: string) => types(name).filter((type) => type === 'summarize').length;
    expect(summaries('outbound-variables')).toBe(1);
    expect(summaries('inbound-summed-up-twice')).toBe(2);
    expect(summaries('inbound-silence')).toBe(0);
    const replies = types('inbound-models-failed').filter((type) => type === 'reply');
    expect(replies).toHaveLength(2);
  });

  test.each(names)('%s is decided again as it was', async (name) => {
    await expect(replay(loadHistory(name), name)).resolves.toBeUndefined();
  });

  test('of a worker that loaded the assistant though the api had read it are decided again', async () => {
    const history = loadHistory('0.5.0/inbound-three-turns.json');
    const [payload] =
      history.events[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    if (!payload?.data) throw new Error('this call was given nothing');
    const input = JSON.parse(Buffer.from(payload.data).toString()) as object;
    const found = { ...demoAssistant, id: 'asst_read_by_the_api', version: 7 };
    payload.data = Buffer.from(JSON.stringify({ ...input, found }));
    await expect(replay(history, 'found-and-loaded')).resolves.toBeUndefined();
  });

  test('are decided again by workers that seal nothing, unless they are sealed', async () => {
    const [plain = ''] = names;
    await expect(replay(loadHistory(plain), plain, [])).resolves.toBeUndefined();
    const sealed = '0.1.0/inbound-sealed.json';
    await expect(replay(loadHistory(sealed), sealed, [])).rejects.toThrow('Replay failed');
  });

  test('would betray a workflow that does something else', async () => {
    const [name = ''] = names;
    const history = loadHistory(name);
    const scheduled = history.events.find((event) => event.activityTaskScheduledEventAttributes);
    const activity = scheduled?.activityTaskScheduledEventAttributes?.activityType;
    if (!activity) throw new Error('this call asked for no activity');
    activity.name = 'somethingElse';
    await expect(replay(history, name)).rejects.toThrow(DeterminismViolationError);
  });
});

describe('a change in what a call does, in the middle of its code', () => {
  const LINE = 'void recordAfterGreeting(run);';
  const IMPORT = "} from '@temporalio/workflow';";
  const isCall = (name: string) => typeOf(name) === 'call';

  test('fails the replay of every recorded call', async () => {
    const changed = await changedWorkflows('call.ts', [[LINE, `await sleep(5);\n    ${LINE}`]]);
    for (const name of names.filter(isCall)) {
      const replayed = replay(loadHistory(name), name, undefined, changed.bundlePath);
      await expect(replayed).rejects.toThrow(DeterminismViolationError);
    }
    changed.remove();
  });

  test('fails none when it is guarded with patched()', async () => {
    const changed = await changedWorkflows('call.ts', [
      [LINE, `if (patched('a-pause')) await sleep(5);\n    ${LINE}`],
      [IMPORT, `  patched,\n${IMPORT}`],
    ]);
    for (const name of names) {
      const replayed = replay(loadHistory(name), name, undefined, changed.bundlePath);
      await expect(replayed).resolves.toBeUndefined();
    }
    changed.remove();
  });
});
