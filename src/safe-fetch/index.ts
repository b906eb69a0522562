export { addressKind } from './addresses.ts';
export { createSafeFetch } from './safe-fetch.ts';
export type { SafeAnswer, SafeFetch, SafeFetchOptions, SafeRequest } from './safe-fetch.ts';
export { SafeFetchError } from './safe-fetch-error.ts';
export type { SafeFetchCode } from './safe-fetch-error.ts';
export { urlFault } from './url-rules.ts';
export type { UrlRules } from './url-rules.ts';
