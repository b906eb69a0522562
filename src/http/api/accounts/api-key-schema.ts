/** An API key as the API takes and shows it. */
import { z } from 'zod';
import type { StoredApiKey } from '../../../db/api-keys.ts';
import { SCOPES } from '../sign-in/caller.ts';
import { givenTime, idField, nameField, time } from '../frame/fields.ts';

const MAX_OVERLAP_SECONDS = 7 * 24 * 3_600;
const OVERLAP_SECONDS = 24 * 3_600;

const mode = z.enum(['live', 'test']).meta({
  description: 'Test keys work where the carrier is simulated, and nowhere else',
});

export const apiKeySchema = z
  .object({
    id: idField('key'),
    object: z.literal('api_key'),
    name: z.string(),
    mode,
    scopes: z.array(z.string()).meta({ examples: [['calls:read', 'calls:write']] }),
    last_four: z.string(),
    status: z.enum(['active', 'expired', 'revoked']),
    rolled_from: idField('key').nullable().meta({ description: 'The key that it replaces' }),
    created_at: time,
    expires_at: time.nullable().meta({ description: 'null: never' }),
    last_used_at: time.nullable().meta({ description: 'To the minute' }),
    revoked_at: time.nullable(),
  })
  .meta({ id: 'ApiKey' });

/** The answer to who has just made one: it is never shown again. */
export const freshApiKeySchema = apiKeySchema
  .extend({
    key: z.string().meta({ description: 'The key itself; it is shown this once and kept nowhere' }),
  })
  .meta({ id: 'FreshApiKey' });

export type ApiKeyBody = z.output<typeof apiKeySchema>;

const scopes = z
  .array(z.enum(SCOPES))
  .min(1)
  .max(SCOPES.length)
  .refine((list) => new Set(list).size === list.length, 'Each scope once')
  .meta({ description: '`admin` includes all others; nobody gives what they do not have' });

const expiry = givenTime.nullable().default(null).meta({ description: 'null: never' });

export const newApiKeyBody = z.strictObject({
  name: nameField,
  mode: mode.default('live'),
  scopes,
  expires_at: expiry,
});

export const apiKeyChanges = z.strictObject({ name: nameField.optional() });

const roll = z.strictObject({
  overlap_seconds: z
    .int()
    .min(0)
    .max(MAX_OVERLAP_SECONDS)
    .default(OVERLAP_SECONDS)
    .meta({ description: 'So long the old key works on' }),
  expires_at: expiry.meta({ description: 'Of the new key; null: never' }),
});

/** Without a body it is rolled in the usual way. */
export const rollBody = roll.nullish().transform((given) => given ?? roll.parse({}));

export function presentApiKey(stored: StoredApiKey): ApiKeyBody {
  return {
    id: stored.id,
    object: 'api_key',
    name: stored.name,
    mode: stored.mode,
    scopes: stored.scopes,
    last_four: stored.lastFour,
    status: statusOf(stored),
    rolled_from: stored.rolledFrom,
    created_at: stored.createdAt,
    expires_at: stored.expiresAt,
    last_used_at: stored.lastUsedAt,
    revoked_at: stored.revokedAt,
  };
}

function statusOf({ revokedAt, expiresAt }: StoredApiKey): ApiKeyBody['status'] {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && Date.parse(expiresAt) <= Date.now() ? 'expired' : 'active';
}
