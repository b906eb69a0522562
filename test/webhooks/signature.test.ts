/** Receivers verify with libraries of other people: each fact holds for two of them. */
import { describe, expect, test } from '@jest/globals';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { newWebhookSecret, signWebhook } from '../../src/webhooks/signature.ts';

const ID = 'evt_0Qb5wM2k7Zt1Yc8Xn4Rr6Vd3Hs';
const BODY = JSON.stringify({ id: ID, type: 'call.ended', data: { seconds: 12 } });
const OLD_MS = 5 * 60_000 + 2_000;

describe.each([
  ['standardwebhooks', StandardWebhook],
  ['svix', SvixWebhook],
])('the verifier of %s', (_name, Webhook) => {
  const secret = newWebhookSecret();
  const receiver = new Webhook(secret);

  test('takes what was signed, and reads it', () => {
    const headers = signWebhook([secret], ID, new Date(), BODY);
    expect(receiver.verify(BODY, headers)).toEqual(JSON.parse(BODY));
  });

  test('takes a body with characters of all kinds', () => {
    const body = JSON.stringify({ said: 'Grüße, 你好, 👋🏽, \u0000 und \u2028' });
    expect(receiver.verify(body, signWebhook([secret], ID, new Date(), body))).toEqual(
      JSON.parse(body),
    );
  });

  test.each([
    ['a body that was changed', BODY.replace('12', '13'), {}],
    ['another id', BODY, { 'webhook-id': `${ID}0` }],
    ['another time', BODY, { 'webhook-timestamp': `${Math.floor(Date.now() / 1000) + 60}` }],
    ['no signature', BODY, { 'webhook-signature': '' }],
  ])('refuses %s', (_what, body, changed) => {
    const headers = { ...signWebhook([secret], ID, new Date(), BODY), ...changed };
    expect(() => receiver.verify(body, headers)).toThrow(/signature|missing/i);
  });

  test('refuses what was sent more than five minutes ago, though its signature is right', () => {
    const headers = signWebhook([secret], ID, new Date(Date.now() - OLD_MS), BODY);
    expect(() => receiver.verify(BODY, headers)).toThrow(/timestamp/i);
  });

  test('refuses what was signed with the secret of somebody else', () => {
    const headers = signWebhook([newWebhookSecret()], ID, new Date(), BODY);
    expect(() => receiver.verify(BODY, headers)).toThrow(/signature/i);
  });

  test('takes either secret while one is exchanged for the other, and no third one', () => {
    const next = newWebhookSecret();
    const headers = signWebhook([next, secret], ID, new Date(), BODY);
    expect(receiver.verify(BODY, headers)).toEqual(JSON.parse(BODY));
    expect(new Webhook(next).verify(BODY, headers)).toEqual(JSON.parse(BODY));
    expect(() => new Webhook(newWebhookSecret()).verify(BODY, headers)).toThrow(/signature/i);
  });
});

test('a secret is 32 bytes that nobody else has', () => {
  const secrets = Array.from({ length: 50 }, newWebhookSecret);
  expect(new Set(secrets).size).toBe(secrets.length);
  for (const secret of secrets) expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
});
