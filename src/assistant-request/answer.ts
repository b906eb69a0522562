/** What a customer's server may say when it is asked who answers a call. */
import { z } from 'zod';
import type { SafeAnswer } from '../safe-fetch/index.ts';
import { callVariables, idField, metadata } from '../http/api/frame/fields.ts';
import { AssistantRequestError } from './assistant-request-error.ts';

export const answerSchema = z
  .strictObject({
    assistant_id: idField('asst').nullish(),
    variables: callVariables.optional(),
    metadata: metadata.optional(),
  })
  .meta({ id: 'AssistantRequestAnswer' });

export type RequestAnswer = z.output<typeof answerSchema>;

const NO_CONTENT = 204;

/** @throws {AssistantRequestError} when it says nothing that can be used. */
export function readAnswer({ status, body }: SafeAnswer): RequestAnswer {
  if (status === NO_CONTENT) return {};
  if (status >= 500) throw new AssistantRequestError('server-error');
  if (status < 200 || status > 299) throw new AssistantRequestError('refused');
  const read = answerSchema.safeParse(jsonOf(body));
  if (!read.success) throw new AssistantRequestError('bad-answer');
  return read.data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
