import { flattenText } from '../twiml-parse.ts';
import { methodOf } from '../verb-context.ts';
import type { Verb } from '../verb-context.ts';

/** `<Redirect>`: the document at its URL replaces this one; no URL means this document again. */
export const redirect: Verb = (element, context) => {
  const url = flattenText(element.children);
  const method = methodOf(element.attributes.method, context);
  const target = { url, method, purpose: 'redirect' as const, fields: [] };
  return Promise.resolve({ kind: 'go', target });
};
