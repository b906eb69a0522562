import { describe, expect, test } from '@jest/globals';
import { urlFault } from '../../src/safe-fetch/index.ts';

const strict = { allowLocal: false };
const local = { allowLocal: true };

describe('a URL', () => {
  test.each([
    'https://example.com',
    'https://example.com/',
    'https://example.com:443/hooks',
    'https://example.com:8443/hooks?a=b#c',
    'HTTPS://EXAMPLE.COM/Hooks',
    'https://hooks.example.co.uk/a/b;c=d?e=@f',
    'https://xn--bcher-kva.example/',
    'https://93.184.215.14/',
    'https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/',
  ])('is accepted: %s', (url) => {
    expect(urlFault(url, strict)).toBeUndefined();
    expect(urlFault(url, local)).toBeUndefined();
  });

  test.each([
    ['http://example.com/', 'must begin with https://'],
    ['ftp://example.com/', 'must begin with https://'],
    ['file:///etc/passwd', 'must begin with https://'],
    ['javascript:alert(1)', 'must begin with https://'],
    ['data:text/plain,x', 'must begin with https://'],
    ['//example.com/', 'must begin with https://'],
    ['https:/example.com/', 'must begin with https://'],
    ['https:example.com', 'must begin with https://'],
    [' https://example.com/', 'must begin with https://'],
    ['', 'must begin with https://'],
    ['https://', 'is not valid'],
    ['https://exa mple.com/', 'must be of ASCII characters without spaces (a host as xn--…)'],
    ['https://example.com/\r\nx', 'must be of ASCII characters without spaces (a host as xn--…)'],
    ['https:\\\\example.com', 'must begin with https://'],
    [
      'https://example.com\\@10.0.0.1/',
      'must be of ASCII characters without spaces (a host as xn--…)',
    ],
    ['https://bücher.example/', 'must be of ASCII characters without spaces (a host as xn--…)'],
    ['https://user@example.com/', 'must not contain a user name or a password'],
    ['https://user:word@example.com/', 'must not contain a user name or a password'],
    ['https://@example.com/', 'must not contain a user name or a password'],
    ['https:///user:word@example.com/', 'must not contain a user name or a password'],
    ['https://example.com:80/', 'must use port 443 or 8443'],
    ['https://example.com:22/', 'must use port 443 or 8443'],
    ['https://example.com:99999/', 'is not valid'],
    ['https://example/', 'must have a full host name, without a dot at its end'],
    ['https://example.com./', 'must have a full host name, without a dot at its end'],
    ['https://localhost./', 'must have a full host name, without a dot at its end'],
    ['https://localhost/', 'must not lead to an address that is not public'],
    ['https://a.localhost/', 'must not lead to an address that is not public'],
    ['https://[::1]/', 'must not lead to an address that is not public'],
    ['https://0x7f.1/', 'must not lead to an address that is not public'],
    [`https://example.com/${'x'.repeat(2030)}`, 'must not be longer than 2048 characters'],
  ])('is refused: %j', (url, fault) => {
    expect(urlFault(url, strict)).toBe(fault);
  });

  test.each([
    'http://localhost:3000/hooks',
    'http://127.0.0.1/',
    'http://[::1]:8080/',
    'https://localhost/',
    'https://127.0.0.1:9443/',
  ])('of this machine is accepted for development: %s', (url) => {
    expect(urlFault(url, local)).toBeUndefined();
    expect(urlFault(url, strict)).toBeDefined();
  });
});
