import { describe, expect, test } from '@jest/globals';
import { untilAllClosed } from '../../src/bench/open-calls.ts';
import type { WorkflowList } from '../../src/bench/open-calls.ts';

/** A list that holds these calls, fewer each time it is asked for. */
function listOf(...answers: (readonly string[] | Error)[]): WorkflowList {
  return {
    workflow: {
      async *list() {
        const answer = answers.length > 1 ? answers.shift() : answers[0];
        if (answer instanceof Error) throw answer;
        for (const workflowId of answer ?? []) yield { workflowId };
      },
    },
  };
}

const stopping = new AbortController().signal;

describe('calls that are still open', () => {
  test('are waited for', async () => {
    expect(await untilAllClosed(listOf(['call_1'], []), 10_000, stopping)).toEqual([]);
  });

  test('are named when the time is up', async () => {
    expect(await untilAllClosed(listOf(['call_1']), 0, stopping)).toEqual(['call_1']);
  });

  test('are not known when Temporal cannot be asked', async () => {
    const list = listOf(new Error('unavailable'));
    expect(await untilAllClosed(list, 0, stopping)).toBeUndefined();
  });
});
