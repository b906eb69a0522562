/** Requests of every route of the API, and how one field of them is given another value. */
import type { NamedOperation } from '../../http/api/served-description.ts';
import type { Kind, NamedField } from './named-fields.ts';

/** At the carrier, and nobody's yet. */
export const FREE_NUMBERS = Array.from({ length: 20 }, (_, index) => `+15005551${100 + index}`);
export interface Valid {
  /** Of what stands in the path. */
  path?: Record<string, string>;
  query?: Record<string, string>;
  body?: Record<string, unknown>;
}
/** What somebody has; `unused` is an assistant to which nothing leads. */
export type Own = Record<Exclude<Kind, 'cursor'> | 'unused', string>;

const NOBODY = '+14155550190';
/** Nobody listens there. */
export const NOWHERE = 'http://127.0.0.1:9/events';
const anHourAgo = () => new Date(Date.now() - 3_600_000).toISOString();
const freeNumbers = [...FREE_NUMBERS];

/** A request of each route that succeeds. The order is that in which they are made: deletions last. */
export const VALID: Record<string, (own: Own) => Valid> = {
  getWorkspace: () => ({}),
  updateWorkspace: () => ({ body: { name: 'Ours' } }),
  createAssistant: () => ({ body: { name: 'Ours', instructions: '' } }),
  listAssistants: () => ({}),
  getAssistant: ({ asst }) => ({ path: { id: asst } }),
  getAssistantVersion: ({ asst }) => ({ path: { id: asst, version: '1' } }),
  getAssistantLatency: ({ asst }) => ({ path: { id: asst }, query: { days: '30' } }),
  updateAssistant: ({ asst }) => ({ path: { id: asst }, body: { name: 'Still ours' } }),
  createApiKey: () => ({ body: { name: 'Ours', mode: 'test', scopes: ['calls:read'] } }),
  listApiKeys: () => ({}),
  getApiKey: ({ key }) => ({ path: { id: key } }),
  updateApiKey: ({ key }) => ({ path: { id: key }, body: { name: 'Still ours' } }),
  rollApiKey: ({ key }) => ({ path: { id: key }, body: {} }),
  listPhoneNumbers: () => ({}),
  getPhoneNumber: ({ pn }) => ({ path: { id: pn } }),
  updatePhoneNumber: ({ pn }) => ({ path: { id: pn }, body: { label: 'Ours' } }),
  checkPhoneNumber: ({ pn }) => ({ path: { id: pn } }),
  configurePhoneNumber: ({ pn }) => ({ path: { id: pn } }),
  createAssistantRequest: ({ pn }) => ({ path: { id: pn }, body: { url: NOWHERE } }),
  updateAssistantRequest: ({ pn }) => ({ path: { id: pn }, body: { url: `${NOWHERE}/who` } }),
  rollAssistantRequestSecret: ({ pn }) => ({ path: { id: pn }, body: {} }),
  listImportableNumbers: () => ({}),
  listCalls: () => ({}),
  getCall: ({ call }) => ({ path: { id: call } }),
  getLiveCall: ({ call }) => ({ path: { id: call } }),
  hangUpCall: ({ call }) => ({ path: { id: call }, body: { message: 'Bye.' } }),
  listSessions: () => ({}),
  getSession: ({ sess }) => ({ path: { id: sess } }),
  listEvents: () => ({}),
  getEvent: ({ evt }) => ({ path: { id: evt } }),
  streamEvents: () => ({}),
  streamCallEvents: ({ call }) => ({ path: { id: call } }),
  listWebhookEndpoints: () => ({}),
  getWebhookEndpoint: ({ we }) => ({ path: { id: we } }),
  updateWebhookEndpoint: ({ we }) => ({ path: { id: we }, body: { description: 'Still ours' } }),
  rollWebhookSecret: ({ we }) => ({ path: { id: we }, body: {} }),
  testWebhookEndpoint: ({ we }) => ({ path: { id: we } }),
  recoverWebhookEndpoint: ({ we }) => ({ path: { id: we }, body: { since: anHourAgo() } }),
  listDeliveries: ({ we }) => ({ path: { id: we } }),
  getDelivery: ({ dlv }) => ({ path: { id: dlv } }),
  retryDelivery: ({ dlv }) => ({ path: { id: dlv } }),
  createWebhookEndpoint: () => ({ body: { url: NOWHERE, events: ['webhook_endpoint.*'] } }),
  // From here on we have called their customers, too.
  createCall: ({ asst }) => ({ body: { to: NOBODY, assistant_id: asst } }),
  hangUpCalls: () => ({ body: { filter: { direction: 'outbound' } } }),
  importPhoneNumber: () => ({ body: { number: freeNumbers.shift() ?? '' } }),
  closeSession: ({ sess }) => ({ path: { id: sess } }),
  eraseCall: ({ call }) => ({ path: { id: call } }),
  eraseSession: ({ sess }) => ({ path: { id: sess } }),
  deleteCall: ({ call }) => ({ path: { id: call } }),
  deleteSession: ({ sess }) => ({ path: { id: sess } }),
  deleteWebhookEndpoint: ({ we }) => ({ path: { id: we } }),
  deleteAssistantRequest: ({ pn }) => ({ path: { id: pn } }),
  deletePhoneNumber: ({ pn }) => ({ path: { id: pn } }),
  deleteAssistant: ({ unused }) => ({ path: { id: unused } }),
  revokeApiKey: ({ key }) => ({ path: { id: key } }),
};

/** Fields that name what all workspaces share, and what may be answered then. */
export const SHARED: Record<string, { statuses: number[]; because: string }> = {
  'createCall body to': { statuses: [201, 422], because: 'anybody may be called' },
  'importPhoneNumber body number': { statuses: [409, 422], because: 'a number has one owner' },
  'listImportableNumbers query starting_after': {
    statuses: [200, 422],
    because: 'nobody has these',
  },
};

export const nameOf = ({ operation }: NamedOperation, { place, way }: NamedField) =>
  `${operation.operationId} ${place} ${way.join('/')}`;

/** The valid request, with another value in one of its fields. */
export function withValue(valid: Valid, { place, way }: NamedField, value: string): Valid {
  const changed = structuredClone({ path: {}, query: {}, body: {}, ...valid });
  let at: Record<string, unknown> = changed[place];
  for (const step of way.slice(0, -1)) {
    at[step] ??= {};
    at = at[step] as Record<string, unknown>;
  }
  at[way.at(-1) ?? ''] = value;
  if (valid.body === undefined && place !== 'body')
    return { path: changed.path, query: changed.query };
  return changed;
}
