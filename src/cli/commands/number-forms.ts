/** What the commands need of telephone numbers; answers may have more. */
import { z } from 'zod';
import { understand } from '../api-answer.ts';
import type { ApiClient } from '../api-client.ts';
import { ApiProblem } from '../api-errors.ts';
import { oneLine } from '../format.ts';

const difference = z.looseObject({
  setting: z.string(),
  expected: z.string(),
  found: z.string(),
});

const webhook = z.looseObject({ status: z.string(), differences: z.array(difference) });

export const numberForm = z.looseObject({
  id: z.string(),
  number: z.string(),
  label: z.string().nullable(),
  assistant_id: z.string().nullable(),
  webhook,
});

/** The id of a number that was given in E.164 form; what else was given is an id. */
export async function numberId(api: ApiClient, given: string): Promise<string> {
  if (!given.startsWith('+')) return given;
  for await (const { rows } of api.pages('/phone-numbers', { number: given }, 1)) {
    for (const row of rows) return understand(numberForm, row).id;
  }
  throw new ApiProblem(404, 'not-found', 'The workspace has no such number.');
}

/** What keeps calls from coming here, a line each. */
export function webhookLines({ status, differences }: z.output<typeof webhook>): string[] {
  if (status === 'missing') return ['The Twilio account does not have this number.'];
  return differences.map(({ setting, expected, found }) => {
    const should = expected === '' ? 'should not be set' : `should be ${oneLine(expected)}`;
    return `${setting} ${found === '' ? 'is not set' : `is ${oneLine(found)}`} and ${should}.`;
  });
}
