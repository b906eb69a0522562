import { describe, expect, test } from '@jest/globals';
import { parseForm } from '../../src/twilio/form.ts';
import { readCall, readSpoken, readStatus, readVoice } from '../../src/twilio/webhook-fields.ts';

const ids = `CallSid=CA${'a1'.repeat(16)}&AccountSid=AC${'b2'.repeat(16)}`;
const fields = (more: string, call = ids) => parseForm(`${call}&${more}`).fields;
const heard = (more: string) => readSpoken(fields(more))?.heard;

describe('voice fields', () => {
  test('are read with who calls whom', () => {
    expect(
      readVoice(fields('From=%2B15005550006&To=&CallStatus=ringing&Direction=inbound')),
    ).toEqual({
      callSid: `CA${'a1'.repeat(16)}`,
      accountSid: `AC${'b2'.repeat(16)}`,
      from: '+15005550006',
      to: '',
      callStatus: 'ringing',
      direction: 'inbound',
    });
    expect(readVoice(fields('Direction=outbound-api'))?.direction).toBe('outbound');
  });

  test('take the shorter SIDs of test traffic, and nothing that is no SID', () => {
    expect(readCall(parseForm('CallSid=CA1&AccountSid=ACtest').fields)).toEqual({
      callSid: 'CA1',
      accountSid: 'ACtest',
    });
    for (const bad of ['', 'CA', '1A2', 'CA-1', 'CA/../x', `CA${'1'.repeat(63)}`]) {
      expect(readVoice({ CallSid: bad, AccountSid: 'AC1' })).toBeUndefined();
      expect(readSpoken({ CallSid: 'CA1', AccountSid: bad })).toBeUndefined();
      expect(readStatus({ CallSid: bad, AccountSid: 'AC1', CallStatus: 'busy' })).toBeUndefined();
    }
    expect(readCall(parseForm('').fields)).toBeUndefined();
  });
});

describe('what was heard', () => {
  test.each<[string, unknown]>([
    ['SpeechResult=+two+people+&Confidence=0.93', speech('two people', 0.93)],
    ['SpeechResult=hi&Confidence=', speech('hi')],
    ['SpeechResult=hi&Confidence=1.7', speech('hi')],
    ['SpeechResult=hi&Confidence=NaN', speech('hi')],
    ['SpeechResult=hi&Confidence=0', speech('hi', 0)],
    ['SpeechResult=hi', speech('hi')],
    ['SpeechResult=hi&Digits=12', speech('hi')],
    ['SpeechResult=a%00b%ED%A0%80', speech('ab\ufffd\ufffd\ufffd')],
    ['SpeechResult=++&Digits=12', { kind: 'keys', digits: '12' }],
    ['Digits=1x2*3%23+w', { kind: 'keys', digits: '12*3#' }],
    ['Digits=%23', { kind: 'silence' }],
    ['Digits=abc', { kind: 'silence' }],
    ['Digits=&SpeechResult=', { kind: 'silence' }],
    ['', { kind: 'silence' }],
  ])('in %j', (form, expected) => {
    expect(heard(form)).toEqual(expected);
  });

  test('is limited', () => {
    const long = heard(`SpeechResult=${'word+'.repeat(5_000)}`);
    expect(long).toMatchObject({ kind: 'speech' });
    const text = (long as { text: string }).text;
    expect(text.length).toBeLessThanOrEqual(16_000);
    expect(text.length).toBeGreaterThan(15_990);
    expect(heard(`Digits=${'1'.repeat(300)}`)).toEqual({ kind: 'keys', digits: '1'.repeat(100) });
  });
});

function speech(text: string, confidence?: number) {
  return { kind: 'speech', text, ...(confidence !== undefined && { confidence }) };
}

describe('a status callback', () => {
  test('is read with everything that Twilio may send', () => {
    const form =
      'CallStatus=no-answer&SequenceNumber=3&CallDuration=12&AnsweredBy=machine_start&SipResponseCode=480';
    expect(readStatus(fields(form))?.status).toEqual({
      callSid: `CA${'a1'.repeat(16)}`,
      callStatus: 'no-answer',
      sequence: 3,
      durationSeconds: 12,
      answeredBy: 'machine_start',
      sipResponseCode: '480',
    });
  });

  test('is read without what the callback of a number lacks, or sends as garbage', () => {
    const expected = { callSid: `CA${'a1'.repeat(16)}`, callStatus: 'completed' };
    expect(readStatus(fields('CallStatus=completed'))?.status).toEqual(expected);
    const garbage = 'CallStatus=completed&SequenceNumber=x&CallDuration=-1&SipResponseCode=2000';
    expect(readStatus(fields(garbage))?.status).toEqual(expected);
  });

  test('without a status is none', () => {
    expect(readStatus(fields('SequenceNumber=1'))).toBeUndefined();
    expect(readStatus(fields('CallStatus=%3Cb%3E'))).toBeUndefined();
  });
});
