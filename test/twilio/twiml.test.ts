import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { cleanText } from '../../src/twilio/say-text.ts';
import {
  MAX_TWIML_BYTES,
  renderEmpty,
  renderGoodbye,
  renderListen,
  renderRedirect,
  renderStep,
} from '../../src/twilio/twiml.ts';
import { createUrls } from '../../src/twilio/urls.ts';
import type { ListenPlan } from '../../workflows/assistant.ts';
import type { Step } from '../../workflows/contract.ts';

const urls = createUrls('https://voice.example.com');
const call = { callSid: 'CA1', callId: 'call_1' };
const overrides = '#ct=2000&rt=5000&tt=15000&rc=2&rp=all';
const listen: ListenPlan = {
  keys: true,
  timeoutSeconds: 6,
  speechTimeout: 'auto',
  hints: ['soup'],
};
const listening: Step['next'] = { kind: 'listen', key: '3', listen };
const voice = { language: 'en-US', name: 'Polly.Joanna-Neural' };

interface Verb {
  name: string;
  attributes: Record<string, string>;
  text: string;
  children: Verb[];
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: { enabled: true, maxTotalExpansions: 1e9, maxExpandedLength: 1e9 },
});

function parse(xml: string): Verb[] {
  expect(XMLValidator.validate(xml)).toBe(true);
  expect(xml.charAt(0)).toBe('<');
  expect(Buffer.byteLength(xml)).toBeLessThanOrEqual(MAX_TWIML_BYTES);
  const roots = (parser.parse(xml) as Node[]).map(verbOf).filter((verb) => verb.name !== '?xml');
  expect(roots.map((root) => root.name)).toEqual(['Response']);
  return roots[0]?.children ?? [];
}

type Node = Record<string, unknown>;

function verbOf(node: Node): Verb {
  const name = Object.keys(node).find((key) => key !== ':@') ?? '';
  const nodes = (Array.isArray(node[name]) ? node[name] : []) as Node[];
  const texts = nodes.filter((each) => '#text' in each).map((each) => String(each['#text']));
  return {
    name,
    attributes: (node[':@'] ?? {}) as Record<string, string>,
    text: texts.join(''),
    children: nodes.filter((each) => !('#text' in each)).map(verbOf),
  };
}

const names = (verbs: Verb[] | undefined): string[] => (verbs ?? []).map((verb) => verb.name);
const said = (verbs: Verb[] | undefined): string =>
  (verbs ?? [])
    .filter((verb) => verb.name === 'Say')
    .map((verb) => verb.text)
    .join(' ');

describe('a step', () => {
  test('that listens is one Gather with its words inside and nothing behind', () => {
    const verbs = parse(renderStep({ say: 'How many?', voice, next: listening }, call, urls));
    expect(names(verbs)).toEqual(['Gather']);
    expect(verbs[0]?.attributes).toEqual({
      input: 'dtmf speech',
      action: `https://voice.example.com/process_speech/CA1?call=call_1&turn=3${overrides}`,
      method: 'POST',
      timeout: '6',
      speechTimeout: 'auto',
      finishOnKey: '#',
      language: 'en-US',
      hints: 'soup',
      actionOnEmptyResult: 'true',
    });
    expect(verbs[0]?.children).toEqual([
      {
        name: 'Say',
        attributes: { voice: 'Polly.Joanna-Neural', language: 'en-US' },
        text: 'How many?',
        children: [],
      },
    ]);
  });

  test('that resumes redirects to a wait without a turn', () => {
    const verbs = parse(renderStep({ say: '', voice, next: { kind: 'resume' } }, call, urls));
    expect(names(verbs)).toEqual(['Redirect']);
    expect(verbs[0]?.attributes).toEqual({ method: 'POST' });
    expect(verbs[0]?.text).toBe(
      `https://voice.example.com/process_speech/CA1?call=call_1&wait=1${overrides}`,
    );
  });

  test('that hangs up says its words first', () => {
    const verbs = parse(renderStep({ say: 'Bye.', voice, next: { kind: 'hangup' } }, call, urls));
    expect(names(verbs)).toEqual(['Say', 'Hangup']);
  });

  test('with nothing to say has no Say', () => {
    const verbs = parse(renderStep({ say: ' \n', voice, next: listening }, call, urls));
    expect(verbs[0]?.children).toEqual([]);
  });
});

describe('what is listened for', () => {
  const gather = (plan: Partial<ListenPlan>, language = 'en-US'): Record<string, string> => {
    const spoken = { say: '', voice: { language } };
    const xml = renderListen(spoken, { ...listen, ...plan }, '1', call, urls);
    return parse(xml)[0]?.attributes ?? {};
  };

  test('is speech alone when keys are not taken', () => {
    expect(gather({ keys: false })['input']).toBe('speech');
  });

  test('has times that Twilio takes, whatever is configured', () => {
    expect(gather({ timeoutSeconds: 0, speechTimeout: 2.6 })).toMatchObject({
      timeout: '1',
      speechTimeout: '3',
    });
    expect(gather({ timeoutSeconds: NaN, speechTimeout: 9_999 })).toMatchObject({
      timeout: '5',
      speechTimeout: '60',
    });
  });

  test('has hints within the limits', () => {
    const hints = gather({ hints: Array.from({ length: 700 }, () => 'h'.repeat(300)) })['hints'];
    expect(hints?.split(',')).toHaveLength(500);
    expect(hints?.split(',').every((hint) => hint.length === 100)).toBe(true);
    expect(gather({ hints: ['a, b', '\u0000', '<&">'] })['hints']).toBe('a b,<&">');
    expect(gather({ hints: [] })).not.toHaveProperty('hints');
  });

  test('leaves a language or voice that is no name to Twilio', () => {
    expect(gather({}, 'en-US" evil="1')).not.toHaveProperty('language');
    const xml = renderGoodbye({ say: 'x', voice: { language: '<', name: 'a b' } });
    expect(parse(xml)[0]?.attributes).toEqual({});
  });

  test('stays within 64 kB with the largest hints and the longest words', () => {
    const hints = Array.from({ length: 500 }, () => '語'.repeat(100));
    const spoken = { say: '&'.repeat(200_000), voice };
    const verbs = parse(renderListen(spoken, { ...listen, hints }, '1', call, urls));
    expect(names(verbs)).toEqual(['Gather']);
    expect(said(verbs[0]?.children).length).toBeGreaterThan(500);
  });
});

describe('the lines of the gateway', () => {
  test('are a filler, with or without words, before a redirect', () => {
    const url = urls.voice(1);
    const verbs = parse(renderRedirect({ say: 'One moment.', voice }, url));
    expect(names(verbs)).toEqual(['Say', 'Redirect']);
    expect(verbs[1]?.text).toBe(url);
    expect(names(parse(renderRedirect({ say: '', voice }, url)))).toEqual(['Redirect']);
  });

  test('are an apology before the end, and an empty answer', () => {
    expect(names(parse(renderGoodbye({ say: 'Sorry.', voice })))).toEqual(['Say', 'Hangup']);
    expect(parse(renderEmpty())).toEqual([]);
  });
});

describe('any text', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
    fc.constantFrom(
      '</Say><Dial>+15005550006</Dial><Say>',
      ']]><Redirect>http://evil.example</Redirect>',
      '<!-- --><?xml version="1.0"?><!DOCTYPE x [<!ENTITY y "z">]>&y;&#0;',
      '<speak><break time="10s"/></speak>',
    ),
  );

  test('is said as it is and never becomes a verb', () => {
    fc.assert(
      fc.property(text, (say) => {
        const clean = cleanText(say);
        const says = clean === '' ? [] : ['Say'];
        const heard = parse(renderStep({ say, voice, next: listening }, call, urls));
        expect(names(heard)).toEqual(['Gather']);
        expect(names(heard[0]?.children)).toEqual(says);
        expect(said(heard[0]?.children)).toBe(clean);
        const ended = parse(renderStep({ say, voice, next: { kind: 'hangup' } }, call, urls));
        expect(names(ended)).toEqual([...says, 'Hangup']);
        expect(said(ended)).toBe(clean);
      }),
      { numRuns: 1_000 },
    );
  });

  test('is harmless as a hint, a language and the name of a voice', () => {
    fc.assert(
      fc.property(text, text, text, (hint, language, name) => {
        const spoken = { say: 'x', voice: { language, name } };
        const xml = renderListen(spoken, { ...listen, hints: [hint] }, '1', call, urls);
        expect(names(parse(xml))).toEqual(['Gather']);
      }),
      { numRuns: 500 },
    );
  });

  test('that is long is cut into several Says', () => {
    const say = 'This is a sentence. '.repeat(500).trim();
    const verbs = parse(renderStep({ say, voice, next: listening }, call, urls));
    const says = verbs[0]?.children ?? [];
    expect(names(says)).toEqual(['Say', 'Say', 'Say']);
    expect(says.every((each) => each.text.length <= 4_096 && each.text.endsWith('.'))).toBe(true);
    expect(said(says)).toBe(say);
  });

  test.each(['word. ', '<', '"&', '語', '😀', 'x'])(
    'made of %j that does not fit loses its end and never the verb',
    (unit) => {
      const say = unit.repeat(Math.ceil(300_000 / unit.length));
      const verbs = parse(renderStep({ say, voice, next: { kind: 'hangup' } }, call, urls));
      expect(verbs.at(-1)?.name).toBe('Hangup');
      expect(cleanText(say).startsWith(verbs[0]?.text ?? '-')).toBe(true);
      expect(said(verbs).length).toBeGreaterThan(5_000);
    },
  );

  test('fits a smaller limit too', () => {
    const xml = renderGoodbye({ say: 'Goodbye & thanks. '.repeat(1_000), voice }, 4_000);
    expect(names(parse(xml)).at(-1)).toBe('Hangup');
    expect(Buffer.byteLength(xml)).toBeLessThanOrEqual(4_000);
    expect(Buffer.byteLength(xml)).toBeGreaterThan(3_500);
  });
});

describe('a stream', () => {
  const media = createUrls('https://voice.example.com', {
    token: ({ callId, stream, until }) => `${callId}.${stream}.${until}`,
  });
  const next: Step['next'] = { kind: 'stream', stream: 2, until: 9_000 };
  const xml = renderStep({ say: 'Hello, caller.', voice, next }, call, media);

  test('is connected, and comes back with its number when it is over or not even tried', () => {
    const verbs = parse(xml);
    expect(verbs.map(({ name }) => name)).toEqual(['Connect', 'Redirect']);
    expect(verbs[0]).toMatchObject({
      attributes: {
        action: `https://voice.example.com/call/connect?call=call_1&stream=2${overrides}`,
        method: 'POST',
      },
      children: [{ name: 'Stream', attributes: { url: 'wss://voice.example.com/media/stream' } }],
    });
    expect(verbs[0]?.children[0]?.children.map(({ attributes }) => attributes)).toEqual([
      { name: 'call', value: 'call_1' },
      { name: 'token', value: 'call_1.2.9000' },
    ]);
    expect(verbs[1]?.text).toBe(verbs[0]?.attributes['action']);
  });

  test('says nothing itself: that is for the media worker', () => {
    expect(xml).not.toContain('Hello');
  });
});
