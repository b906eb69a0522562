import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Bench } from './bench.ts';
import { startBench } from './bench.ts';
import type { Answer } from './customer-app.ts';

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

const SORRY = 'We are sorry, an application error has occurred. Goodbye.';

const reply = (type: string | undefined, body: string, status = 200) => {
  return (_: unknown, response: ServerResponse) => {
    response.writeHead(status, type === undefined ? {} : { 'Content-Type': type }).end(body);
  };
};

async function outcomeOf(answer: Answer) {
  bench = await startBench({ '/voice': answer });
  const phone = bench.call();
  const ended = await phone.ended;
  const codes = bench.sim.log.of('error').map(({ code }) => code);
  return { ended, codes, heard: phone.transcript.map(({ text }) => text), phone };
}

describe('a bad answer', () => {
  test.each([
    ['a server error', 11200, reply('text/xml', '<Response/>', 500)],
    ['a missing page', 11200, reply('text/html', '<h1>no</h1>', 404)],
    ['a redirect to nowhere', 11200, reply('text/xml', '', 302)],
    ['no content type', 12300, reply(undefined, '<Response/>')],
    ['JSON', 12300, reply('application/json', '{}')],
    ['an unclosed element', 12100, reply('text/xml', '<Response><Say>x</Response>')],
    ['a bare ampersand', 12100, reply('text/xml', '<Response><Say>a & b</Say></Response>')],
    ['an unknown entity', 12100, reply('text/xml', '<Response><Say>&nbsp;</Say></Response>')],
    ['a control character', 12100, reply('text/xml', '<Response><Say>\u0007</Say></Response>')],
    ['a control character entity', 12100, reply('text/xml', '<Response>&#7;</Response>')],
    ['a blank line first', 12100, reply('text/xml', '\n<?xml version="1.0"?><Response/>')],
    ['a space first', 12100, reply('text/xml', ' <Response/>')],
    ['another root', 12100, reply('text/xml', '<response/>')],
    ['two roots', 12100, reply('text/xml', '<Response/><Response/>')],
    ['an empty body', 12100, reply('text/xml', '')],
    ['an HTML page', 12100, reply('text/html', '<!doctype html><p>Error')],
    ['a body over 64 kB', 11750, reply('text/xml', `<Response>${' '.repeat(65_537)}</Response>`)],
    [
      'half an answer',
      11205,
      (_, response) => response.writeHead(200, { 'Content-Length': '9' }).end('x'),
    ],
    ['a cut connection', 11205, (_, response) => response.destroy()],
  ] as [string, number, Answer][])(
    '(%s) is error %d, and the caller hears so',
    async (_, code, answer) => {
      const { ended, codes, heard, phone } = await outcomeOf(answer);
      expect(codes).toEqual([code]);
      expect(heard).toEqual([SORRY]);
      expect(phone.heardApplicationError).toBe(true);
      expect(ended).toMatchObject({ status: 'completed', reason: 'application-error' });
    },
  );

  test.each([
    ['ftp://example.com/', 11100],
    ['not a url', 11100],
    ['', 11100],
    ['http://no-such-host.invalid/', 11210],
  ])('cannot even come from %p', async (voiceUrl, code) => {
    bench = await startBench({}, { number: { voiceUrl } });
    await bench.call().ended;
    expect(bench.sim.log.of('error').map((error) => error.code)).toEqual([code]);
  });

  test('of bytes that are not HTTP is a protocol violation', async () => {
    const server = createServer((socket) => socket.end('SSH-2.0-x\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    bench = await startBench({}, { number: { voiceUrl: `http://127.0.0.1:${port}/` } });
    await bench.call().ended;
    server.close();
    expect(bench.sim.log.of('error')).toMatchObject([{ code: 11206 }]);
  });

  test('that should have been TLS is a failed handshake, tried twice like a connection', async () => {
    bench = await startBench({});
    const [number] = bench.sim.numbers.all;
    const voiceUrl = `${bench.app.url.replace('http:', 'https:')}/voice`;
    bench.sim.numbers.update(number?.sid ?? '', { voiceUrl });
    await bench.call().ended;
    expect(bench.sim.log.of('request-failed')).toMatchObject([{ code: 11220 }, { code: 11220 }]);
  });

  test('sends Twilio to the fallback URL with the code and the URL', async () => {
    bench = await startBench(
      { '/voice': reply('text/xml', '', 503), '/fallback': '<Say>Please call later.</Say>' },
      { number: { voiceFallbackUrl: '/fallback' } },
    );
    const phone = bench.call();
    expect((await phone.hears()).text).toBe('Please call later.');
    expect(await phone.ended).toMatchObject({ status: 'completed', reason: 'hangup' });
    const [request] = bench.app.at('/fallback');
    expect(request?.form.get('ErrorCode')).toBe('11200');
    expect(request?.form.get('ErrorUrl')).toBe(`${bench.app.url}/voice`);
    expect(request?.form.get('CallSid')).toBe(phone.callSid);
  });

  test('to an action goes to the fallback URL, too; when that fails, the call ends', async () => {
    bench = await startBench(
      { '/voice': '<Gather input="speech" action="/gone"/>', '/fallback': reply(undefined, 'x') },
      { number: { voiceFallbackUrl: '/fallback' } },
    );
    const phone = bench.call();
    await phone.waitUntilListening();
    const spoken = phone.say('hello');
    expect((await phone.hears()).source).toBe('error');
    expect(await spoken.delivered).toMatchObject({ answered: false, executed: false });
    expect(await phone.ended).toMatchObject({ status: 'completed', reason: 'application-error' });
    expect(bench.sim.log.of('error').map(({ code }) => code)).toEqual([11200, 12300]);
  });
});

describe('an answer that is not XML', () => {
  test('as text/plain is read aloud, and the call ends', async () => {
    const { heard, ended } = await outcomeOf(reply('text/plain', 'Hello there'));
    expect(heard).toEqual(['Hello there']);
    expect(ended).toMatchObject({ status: 'completed', reason: 'hangup' });
  });

  test('as text/plain is TwiML when it parses', async () => {
    const { heard } = await outcomeOf(reply('text/plain', '<Response><Say>Hi</Say></Response>'));
    expect(heard).toEqual(['Hi']);
  });

  test('as audio is played, and the call ends', async () => {
    const { phone, ended } = await outcomeOf(reply('audio/mpeg', 'xxxx'));
    expect(phone.transcript[0]).toMatchObject({ kind: 'play', text: `${bench?.app.url}/voice` });
    expect(ended).toMatchObject({ reason: 'hangup' });
  });
});
