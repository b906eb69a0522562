/** What somebody sees who can read the Temporal server and holds no key. */
import type { TemporalLink } from '../../../src/temporal/connection.ts';
import { runsOf } from '../../../src/temporal/call-runs.ts';

/**
 * All that the server tells of a call: the histories of its runs, its descriptions (pending work,
 * memo, summaries), its entries in the list (search attributes) and the answers to its queries, with
 * all bytes as text.
 */
export async function everythingAbout(link: TemporalLink, callId: string): Promise<string> {
  const { client } = link;
  const { namespace } = client.options;
  const service = client.workflowService;
  const answers: unknown[] = [];
  for (const { runId } of await runsOf(client, callId)) {
    const execution = { workflowId: callId, runId };
    answers.push(await rawHistory(link, callId, runId));
    answers.push(await service.describeWorkflowExecution({ namespace, execution }));
  }
  const query = `WorkflowId = '${callId}'`;
  answers.push(await service.listWorkflowExecutions({ namespace, query }));
  for (const queryType of ['snapshot', '__temporal_workflow_metadata', '__stack_trace']) {
    const execution = { workflowId: callId };
    answers.push(
      await service.queryWorkflow({ namespace, execution, query: { queryType } }).catch(String),
    );
  }
  return readable(answers);
}

async function rawHistory(
  { client }: TemporalLink,
  workflowId: string,
  runId: string,
): Promise<unknown[]> {
  const events: unknown[] = [];
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution: { workflowId, runId },
      ...(nextPageToken && { nextPageToken }),
    });
    events.push(...(page.history?.events ?? []));
    nextPageToken = page.nextPageToken;
  } while (nextPageToken.length > 0);
  return events;
}

/** Bytes become the text that they hold, and text that holds base64 is shown decoded as well. */
export function readable(value: unknown): string {
  const texts: string[] = [];
  const visit = (each: unknown): void => {
    if (each instanceof Uint8Array) texts.push(Buffer.from(each).toString());
    else if (typeof each === 'string') texts.push(each);
    else if (typeof each === 'object' && each !== null) {
      for (const [name, inner] of Object.entries(each)) {
        texts.push(name);
        visit(inner);
      }
    }
  };
  visit(value);
  const decoded = texts
    .filter((text) => /^[A-Za-z0-9+/_-]{8,}={0,2}$/.test(text))
    .map((text) => Buffer.from(text, 'base64').toString());
  return [...texts, ...decoded].join('\n');
}
