/**
 * Puts into the description of the API what the schemas do not say (headers, what a status means), and
 * takes out what they say too much of.
 */

type Json = Record<string, unknown>;

interface Operation extends Json {
  responses: Record<string, Json>;
  /** Set by our routes, and not shown. */
  'x-etag'?: boolean;
}

const text = (description: string, example: string) => ({
  description,
  required: true,
  schema: { type: 'string', examples: [example] },
});
const number = (description: string, required = false) => ({
  description,
  ...(required && { required }),
  schema: { type: 'integer', minimum: 0 },
});

/** @see https://www.rfc-editor.org/rfc/rfc9110 for those that are not ours */
const HEADERS = {
  'Voca-Request-Id': text('Names the request in our logs', 'req_0VPc1V5n2kQ7xGm3yT8bRaW4eZ'),
  ETag: text('The version: send it as `If-Match` with a change', '"3"'),
  Location: text('Where the new object is', '/v1/assistants/asst_0VPc1V5n2kQ7xGm3yT8bRaW4eZ'),
  'Idempotent-Replayed': {
    description: 'The request came before with this `Idempotency-Key`: this is its answer again',
    schema: { type: 'string', enum: ['true'] },
  },
  'Retry-After': number('Seconds after which to try again', true),
  'RateLimit-Limit': number('Requests a minute, by the limit that is nearest'),
  'RateLimit-Remaining': number('How many of them are left'),
  'RateLimit-Reset': number('Seconds until all of them are there again'),
  'WWW-Authenticate': text('How to sign in', 'Bearer'),
};
type Header = keyof typeof HEADERS;

/** Beside those that every answer has. */
const WITH_STATUS: Record<string, readonly Header[]> = {
  201: ['Location'],
  401: ['WWW-Authenticate'],
  429: ['Retry-After'],
  503: ['Retry-After'],
};
const SUCCESS: Record<string, string> = {
  200: 'As asked',
  201: 'Created',
  202: 'Accepted: it is being done',
  204: 'Done; there is nothing to say',
};

export function tidyDescription<T extends object>(document: T): T {
  const {
    paths = {},
    webhooks = {},
    components = {},
  } = document as {
    paths?: Record<string, Record<string, Operation>>;
    webhooks?: Json;
    components?: { schemas?: Json };
  };
  const operations = Object.values(paths).flatMap(Object.entries) as [string, Operation][];
  for (const [method, operation] of operations) describeAnswers(method, operation);
  const responses = shareProblems(operations.map(([, operation]) => operation));
  const schemas = withoutUnused([paths, webhooks, responses], components.schemas ?? {});
  const all = { ...components, schemas, headers: { ...HEADERS }, responses };
  return plain({ ...document, components: all }) as T;
}

function describeAnswers(method: string, operation: Operation): void {
  const { 'x-etag': hasEtag } = operation;
  delete operation['x-etag'];
  for (const [status, answer] of Object.entries(operation.responses)) {
    const isGood = status.startsWith('2');
    answer['description'] = SUCCESS[status] ?? answer['description'];
    const names: Header[] = ['Voca-Request-Id', ...(WITH_STATUS[status] ?? [])];
    if (isGood && hasEtag) names.push('ETag');
    if (isGood && method === 'post') names.push('Idempotent-Replayed');
    if (status !== '401') names.push('RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset');
    answer['headers'] = {
      ...Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
      ...(status === '409' && { 'Retry-After': number('Where waiting helps: so many seconds') }),
    };
  }
}

/** What most routes answer with a status stands in one place. */
function shareProblems(operations: readonly Operation[]): Json {
  const counts = new Map<string, Map<string, number>>();
  for (const { responses } of operations) {
    for (const [status, answer] of Object.entries(responses)) {
      if (status < '400') continue;
      const ofStatus = counts.get(status) ?? new Map<string, number>();
      const form = JSON.stringify(answer);
      counts.set(status, ofStatus.set(form, (ofStatus.get(form) ?? 0) + 1));
    }
  }
  const usual = new Map(
    [...counts].map(([status, forms]) => {
      const [most] = [...forms].toSorted(([, a], [, b]) => b - a);
      return [status, most?.[0] ?? ''];
    }),
  );
  for (const { responses } of operations) {
    for (const [status, answer] of Object.entries(responses)) {
      if (usual.get(status) !== JSON.stringify(answer)) continue;
      responses[status] = { $ref: `#/components/responses/Problem${status}` };
    }
  }
  return Object.fromEntries(
    [...usual].map(([status, form]) => [`Problem${status}`, JSON.parse(form) as unknown]),
  );
}

const REFERENCE = /"\$ref":"#\/components\/schemas\/([^"]+)"/g;

/** Every schema with a name comes twice, as it is taken and as it is answered; one is used. */
function withoutUnused(paths: unknown, schemas: Json): Json {
  const used = new Set<string>();
  const look = (part: unknown): void => {
    for (const [, name = ''] of JSON.stringify(part).matchAll(REFERENCE)) {
      if (used.has(name)) continue;
      used.add(name);
      look(schemas[name]);
    }
  };
  look(paths);
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
}

/** Bounds that JavaScript has anyway, and forms that `format` says already, only hide the others. */
function plain(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(plain);
  if (typeof part !== 'object' || part === null) return part;
  const isTime = 'format' in part && part.format === 'date-time';
  return Object.fromEntries(
    Object.entries(part)
      .filter(([name, value]) => {
        if (name === 'pattern' && isTime) return false;
        return !(
          /^(min|max)imum$/.test(name) && Math.abs(Number(value)) === Number.MAX_SAFE_INTEGER
        );
      })
      .map(([name, value]) => [name, plain(value)]),
  );
}
