/** The rights that an API key may have. */
export const SCOPES = [
  'admin',
  'workspace:read',
  'workspace:write',
  'api_keys:read',
  'api_keys:write',
  'assistants:read',
  'assistants:write',
  'phone_numbers:read',
  'phone_numbers:write',
  'calls:read',
  'calls:write',
  'sessions:read',
  'sessions:write',
  'events:read',
  'webhooks:read',
  'webhooks:write',
] as const;

/** `admin` includes all others. */
export type ApiScope = (typeof SCOPES)[number];
