import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import twilio from 'twilio';
import { parseForm } from '../../src/twilio/form.ts';
import { isSignedByTwilio } from '../../src/twilio/signature.ts';
import type { SignedRequest } from '../../src/twilio/signature.ts';

const authToken = '0123456789abcdef0123456789abcdef';
const base = 'https://voice.example.com';
const overrides = '#ct=2000&rt=5000&tt=15000&rc=2&rp=all';

/** Signed by Twilio's own library. */
function sign(url: string, body = ''): string {
  const params: Record<string, string | string[]> = {};
  for (const [name, value] of parseForm(body).pairs) {
    params[name] = name in params ? [params[name] ?? '', value].flat() : value;
  }
  return twilio.getExpectedTwilioSignature(authToken, url, params);
}

function request(
  signature: string | string[],
  target: string,
  body = '',
  more: Partial<SignedRequest> = {},
): SignedRequest {
  return {
    authToken,
    signatureHeaders: [signature].flat(),
    publicBaseUrl: base,
    requestTarget: target,
    method: 'POST',
    params: parseForm(body).pairs,
    ...more,
  };
}

const BODY =
  'CallSid=CA1&AccountSid=AC1&From=%2B15005550006&To=&SpeechResult=it%27s+caf%C3%A9+%F0%9F%98%80+%26+%2B' +
  '&SipHeader_X=b&SipHeader_X=a&SipHeader_X=b&aLower=1&ZUpper=2&CallToken=%257B%2522x%2522%257D&Pad=+x+';

describe('a request signed by Twilio is accepted', () => {
  test.each<[string, string, string]>([
    ['as it is', `${base}/webhook/voice`, '/webhook/voice'],
    ['with the default port', `${base}:443/webhook/voice`, '/webhook/voice'],
    ['with a query', `${base}/call/status?call=call_1`, '/call/status?call=call_1'],
    ['with a final slash', `${base}/webhook/voice/`, '/webhook/voice'],
    ['without a final slash', `${base}/webhook/voice`, '/webhook/voice/'],
    ['over the bare host', base, '/'],
    ['over the bare host with a slash', `${base}/`, '/'],
    ['with our overrides', `${base}/outbound?call=call_1${overrides}`, '/outbound?call=call_1'],
    ['with a raw apostrophe', `${base}/x?name=it's`, "/x?name=it's"],
    ['with an escaped apostrophe, received raw', `${base}/x?name=it%27s`, "/x?name=it's"],
    ['with a raw apostrophe, received escaped', `${base}/x?name=it's`, '/x?name=it%27s'],
    ['with a plus and unicode', `${base}/x?a=b+c&d=%C3%A9%20`, '/x?a=b+c&d=%C3%A9%20'],
    ['with an empty query', `${base}/x?`, '/x?'],
  ])('%s', (_what, signed, target) => {
    expect(isSignedByTwilio(request(sign(signed, BODY), target, BODY))).toBe(true);
    expect(isSignedByTwilio(request(sign(signed), target, '', { method: 'GET' }))).toBe(true);
  });

  test.each<[string, string, string, string]>([
    ['explicit port', 'https://h.example:8443', 'https://h.example:8443/a', '/a'],
    ['explicit port that was not signed', 'https://h.example:8443', 'https://h.example/a', '/a'],
    ['http', 'http://h.example', 'http://h.example:80/a', '/a'],
    ['capital letters', 'https://H.Example', 'https://h.example/a', '/a'],
    ['IPv6', 'http://[::1]:5000', 'http://[::1]:5000/a', '/a'],
    ['a path kept by the proxy', 'https://h.example/voca', 'https://h.example/voca/a', '/voca/a'],
    ['a path cut off by the proxy', 'https://h.example/voca', 'https://h.example/voca/a', '/a'],
    ['a final slash', 'https://h.example/voca/', 'https://h.example/voca/a', '/a'],
    ['wss and port 443', 'wss://h.example', 'wss://h.example:443/media', '/media'],
    ['wss and port 80', 'wss://h.example', 'wss://h.example:80/media', '/media'],
  ])('with a base URL that has %s', (_what, publicBaseUrl, signed, target) => {
    expect(isSignedByTwilio(request(sign(signed, BODY), target, BODY, { publicBaseUrl }))).toBe(
      true,
    );
  });

  test("whenever Twilio's own check accepts it", () => {
    const name = fc.constantFrom('From', 'To', 'a', 'A', 'Digits', '__proto__x', "it's");
    const pairs = fc.array(fc.tuple(name, fc.string({ unit: 'grapheme', maxLength: 12 })));
    fc.assert(
      fc.property(pairs, pairs, (query, fields) => {
        const target = `/x?${new URLSearchParams(query).toString()}`;
        const body = new URLSearchParams(fields).toString();
        const signature = sign(base + target, body);
        expect(isSignedByTwilio(request(signature, target, body))).toBe(true);
      }),
    );
  });

  test('appends nothing to the URL of a GET', () => {
    const target = '/webhook/voice?From=%2B1500&Digits=';
    expect(isSignedByTwilio(request(sign(base + target), target, BODY, { method: 'GET' }))).toBe(
      true,
    );
  });
});

describe('a request is refused', () => {
  const target = '/webhook/voice?call=call_1';
  const good = sign(base + target, BODY);

  test.each<[string, SignedRequest]>([
    ['without a signature', request([], target, BODY)],
    ['with an empty signature', request('', target, BODY)],
    ['with a doubled header', request([good, good], target, BODY)],
    ['with a joined header', request(`${good}, ${good}`, target, BODY)],
    ['with an over-long header', request(`${good}${' '.repeat(200)}`, target, BODY)],
    ['with a padded header', request(`${good} `, target, BODY)],
    ['with another token', request(good, target, BODY, { authToken: `${authToken}0` })],
    ['with no token configured', request(good, target, BODY, { authToken: '' })],
    ['for another host', request(good, target, BODY, { publicBaseUrl: 'https://evil.example' })],
    ['for another path', request(good, '/call/status?call=call_1', BODY)],
    ['for another query', request(good, '/webhook/voice?call=call_2', BODY)],
    ['without its query', request(good, '/webhook/voice', BODY)],
    ['with a field more', request(good, target, `${BODY}&Extra=`)],
    ['with a field less', request(good, target, BODY.replace('&To=', ''))],
    ['with a value changed', request(good, target, BODY.replace('caf', 'kaf'))],
    ['with a value trimmed', request(good, target, BODY.replace('Pad=+x+', 'Pad=x'))],
    ['as a GET', request(good, target, BODY, { method: 'GET' })],
    ['over http', request(good, target, BODY, { publicBaseUrl: 'http://voice.example.com' })],
    ['with an absolute target', request(good, `${base}${target}`, BODY)],
    ['with a broken base URL', request(good, target, BODY, { publicBaseUrl: 'nonsense' })],
    ['with white space in the target', request(good, `${target}\t`, BODY)],
    ['with an endless target', request(good, `/${'x'.repeat(40_000)}`, BODY)],
    ['with a foreign fragment', request(sign(`${base}/a#b`, BODY), '/a', BODY)],
  ])('%s', (_what, forged) => {
    expect(isSignedByTwilio(forged)).toBe(false);
  });

  test('after any change, in each of 10,000 mutations', () => {
    const original = { signature: good, target, body: BODY, method: 'POST' };
    let accepted = 0;
    fc.assert(
      fc.property(
        fc.constantFrom('signature' as const, 'target' as const, 'body' as const),
        fc.nat(1_000),
        fc.constantFrom('insert' as const, 'delete' as const, 'replace' as const),
        fc.constantFrom('x', '0', '&', '=', '%', '\u0000', 'é', 'a=b', '?', '#x', '//'),
        (part, at, how, piece) => {
          const mutated = { ...original, [part]: mutate(original[part], at, how, piece) };
          fc.pre(meaning(mutated) !== meaning(original));
          const { signature, target: to, body } = mutated;
          if (isSignedByTwilio(request(signature, to, body))) accepted++;
        },
      ),
      { numRuns: 10_000 },
    );
    expect(accepted).toBe(0);
  });
});

function mutate(text: string, at: number, how: 'insert' | 'delete' | 'replace', piece: string) {
  const index = at % (text.length + 1);
  const behind = how === 'insert' ? index : index + 1;
  return text.slice(0, index) + (how === 'delete' ? '' : piece) + text.slice(behind);
}

/** Two requests that mean the same carry the same signature: order and repeats do not count. */
function meaning(of: { signature: string; target: string; body: string }): string {
  const pairs = [...new Set(parseForm(of.body).pairs.map(([name, value]) => name + value))];
  // What is appended has no separators, so `a` + `bc` is `ab` + `c`.
  const target = of.target.split('#', 1)[0] ?? '';
  return JSON.stringify([of.signature, target.replace(/\/(?=\?|$)/, ''), pairs.sort().join('')]);
}
