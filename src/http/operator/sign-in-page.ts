/** The page on which an operator signs in. Nothing on it comes from outside. */
import { createHash } from 'node:crypto';

export interface SignInState {
  /** Until when the browser is signed in, ms since 1970. */
  endsAtMs?: number | undefined;
  /** The link that was tried is wrong or over. */
  isRefused?: boolean;
  uiUrl?: string | undefined;
}

/** The token stands behind `#`, which browsers keep to themselves: it gets into no log on the way. */
const SCRIPT = `const token = location.hash.slice(1);
history.replaceState(null, '', location.pathname);
const form = document.getElementById('sign-in');
if (token && form) { form.elements.token.value = token; form.submit(); }`;

const STYLE = `body { font: 16px/1.5 system-ui, sans-serif; max-width: 36rem; margin: 4rem auto; padding: 0 1rem; }
input { width: 100%; box-sizing: border-box; font: inherit; padding: .4rem; }
button { font: inherit; margin-top: .8rem; padding: .4rem 1.2rem; }`;

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

export const PAGE_HEADERS = {
  'content-security-policy':
    `default-src 'none'; script-src ${hashOf(SCRIPT)}; style-src ${hashOf(STYLE)}; ` +
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  // Not "no-referrer": the form would be sent without saying where it comes from.
  'referrer-policy': 'same-origin',
} as const;

export function renderSignIn({ endsAtMs, isRefused, uiUrl }: SignInState): string {
  const body =
    endsAtMs === undefined
      ? signInForm(isRefused ?? false)
      : `<p>You are signed in until ${new Date(endsAtMs).toISOString().slice(0, 16)} UTC.
The Temporal UI${uiUrl === undefined ? '' : ` (<a href="${escaped(uiUrl)}">open it</a>)`} can now show what was said.</p>
<p>If it still shows sealed data, open its Codec Server settings (top right), take the endpoint of this
browser: the address of this page with <code>/codec</code> in place of <code>/operator/sign-in</code>,
and include cross-origin credentials.</p>
<form method="post" action="sign-out"><button>Sign out</button></form>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>VOCA: operators</title><style>${STYLE}</style></head>
<body><h1>VOCA: operators</h1>
${body}
<script>${SCRIPT}</script></body></html>
`;
}

function signInForm(isRefused: boolean): string {
  return `${isRefused ? '<p role="alert">This link is wrong or was made too long ago.</p>\n' : ''}<p>Whoever signs in can read what callers said. Make a link on the machine of VOCA:
<code>npm run voca -- operator-link</code></p>
<form id="sign-in" method="post" action="sign-in">
<label>The part of the link behind # <input name="token" type="password" autocomplete="off" required></label>
<button>Sign in</button></form>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
