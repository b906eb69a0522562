import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { clientAddress, networkOf, trustedProxies } from '../src/client-address.ts';

function requestFrom(address: string, ...forwarded: string[]): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: address });
  const request = new IncomingMessage(socket);
  Object.defineProperty(request, 'headersDistinct', {
    value: forwarded.length > 0 ? { 'x-forwarded-for': forwarded } : {},
  });
  return request;
}

function addressOf(proxies: string[], address: string, ...forwarded: string[]): string {
  const isTrusted = trustedProxies(proxies);
  if (!isTrusted) throw new Error('no such proxies');
  return clientAddress(requestFrom(address, ...forwarded), isTrusted);
}

describe('the address of a client', () => {
  test('is that of the socket, whatever a stranger writes', () => {
    expect(addressOf([], '192.0.2.1', '198.51.100.1')).toBe('192.0.2.1');
    expect(addressOf(['10.0.0.1'], '192.0.2.1', '10.0.0.1, 198.51.100.1')).toBe('192.0.2.1');
  });

  test('is what the trusted proxy saw, not what stood there before', () => {
    const seen = addressOf(['10.0.0.0/8'], '10.1.2.3', '203.0.113.9, 198.51.100.1');
    expect(seen).toBe('198.51.100.1');
  });

  test('is found through several trusted proxies, in one header or in two', () => {
    const proxies = ['10.0.0.0/8', '2001:db8::/32'];
    expect(addressOf(proxies, '2001:db8::1', '198.51.100.1, 10.0.0.2')).toBe('198.51.100.1');
    expect(addressOf(proxies, '10.0.0.1', '203.0.113.9', '198.51.100.1, 10.0.0.2')).toBe(
      '198.51.100.1',
    );
  });

  test('stays the last good one when the header holds nonsense', () => {
    expect(addressOf(['10.0.0.1'], '10.0.0.1', 'unknown')).toBe('10.0.0.1');
    expect(addressOf(['10.0.0.1'], '10.0.0.1', '')).toBe('10.0.0.1');
    expect(addressOf(['10.0.0.1'], '10.0.0.1')).toBe('10.0.0.1');
  });

  test('of IPv4 in the clothes of IPv6 is that of IPv4', () => {
    expect(addressOf(['10.0.0.1'], '::ffff:10.0.0.1', '::ffff:192.0.2.7')).toBe('192.0.2.7');
  });
});

describe('trusted proxies', () => {
  test.each(['', 'proxy', '10.0.0.0/33', '::/129', '10.0.0', '10.0.0.1/', '10.0.0.1/8/8'])(
    'cannot be “%s”',
    (proxy) => {
      expect(trustedProxies([proxy])).toBeUndefined();
    },
  );
});

describe('the network of an address', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:0:1:2:3:4:5', '2001:db8:0:1::/64'],
    ['2001:db8::5', '2001:db8:0:0::/64'],
    ['2001:DB8:0000:0001::', '2001:db8:0:1::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.33', '64:ff9b:0:0::/64'],
    ['1:2:3::4:5:192.0.2.33', '1:2:3:0::/64'],
    ['', ''],
  ])('%s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
