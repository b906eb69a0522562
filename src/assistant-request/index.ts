/** Asks a customer's server who answers a call: signed, guarded, and within a caller's patience. */
import type {
  AssistantChoice,
  AssistantQuestion,
  AssistantRequests,
  Assistants,
} from '../../activities/ports.ts';
import type { Assistant } from '../../workflows/assistant.ts';
import { placeholdersIn } from '../../workflows/placeholders.ts';
import type { KeptAssistantRequest } from '../db/assistant-requests.ts';
import { SafeFetchError } from '../safe-fetch/index.ts';
import type { SafeFetch, SafeFetchCode } from '../safe-fetch/index.ts';
import type { SecretBox } from '../sealing/index.ts';
import { validSecrets } from '../webhooks/rolling-secret.ts';
import { signWebhook } from '../webhooks/signature.ts';
import { readAnswer } from './answer.ts';
import type { RequestAnswer } from './answer.ts';
import { AssistantRequestError } from './assistant-request-error.ts';
import type { AssistantRequestCode } from './assistant-request-error.ts';
import { questionBody } from './question.ts';

/** The call waits 5 s in all; what the server says later comes too late to be looked at. */
const TIMEOUT_MS = 4_500;
/** As much as one may send when one places a call. */
const MAX_BYTES = 256 * 1024;

export interface AssistantRequestParts {
  find: (number: {
    numberId: string;
    workspaceId: string;
  }) => Promise<KeptAssistantRequest | undefined>;
  assistants: Pick<Assistants, 'findById'>;
  box: SecretBox;
  http: Pick<SafeFetch, 'fetch'>;
}

export function createAssistantRequests(parts: AssistantRequestParts): AssistantRequests {
  return {
    async ask(question, { signal }) {
      const { numberId } = question;
      const kept = await parts.find(question);
      if (!kept) return undefined;
      const secrets = validSecrets(parts.box.open(kept.secret, numberId));
      const answer = await post(parts.http, kept.url, secrets, question, signal);
      return choose(parts.assistants, question, answer);
    },
  };
}

async function post(
  http: Pick<SafeFetch, 'fetch'>,
  url: string,
  secrets: string[],
  question: AssistantQuestion,
  signal: AbortSignal | undefined,
): Promise<RequestAnswer> {
  const asked = questionBody(question);
  const body = JSON.stringify(asked);
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'VOCA',
    ...signWebhook(secrets, asked.id, new Date(), body),
  };
  const limits = { timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES, ...(signal && { signal }) };
  try {
    return readAnswer(await http.fetch(url, { method: 'POST', headers, body, ...limits }));
  } catch (error) {
    throw error instanceof SafeFetchError
      ? new AssistantRequestError(CODES[error.code], error)
      : error;
  }
}

const CODES: Record<SafeFetchCode, AssistantRequestCode> = {
  'refused-url': 'refused-url',
  'refused-address': 'refused-url',
  timeout: 'no-answer',
  'too-large': 'too-large',
  connection: 'unreachable',
};

/** What is said of another assistant than the number's own one is held to what a placed call is. */
async function choose(
  assistants: Pick<Assistants, 'findById'>,
  { workspaceId, from }: AssistantQuestion,
  { assistant_id: id, variables, metadata }: RequestAnswer,
): Promise<AssistantChoice> {
  const more = { ...(variables && { variables }), ...(metadata && { metadata }) };
  if (id === undefined || id === null) return more;
  const assistant = await assistants.findById(id, { workspaceId, customer: from });
  if (!assistant) throw new AssistantRequestError('unknown-assistant');
  if (!hasAll(assistant, variables)) throw new AssistantRequestError('missing-variable');
  return { ...more, assistant };
}

function hasAll(assistant: Assistant, given: Record<string, string> = {}): boolean {
  const known = { ...assistant.variables, ...given };
  return placeholdersIn(assistant).every((name) => Object.hasOwn(known, name));
}
