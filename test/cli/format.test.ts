import { describe, expect, test } from '@jest/globals';
import { callTable, callText, hangUpText } from '../../src/cli/format.ts';
import type { CallSnapshot, Turn } from '../../workflows/contract.ts';
import { CALL_ID, OTHER_ID, SNAPSHOT } from './fake-manager.ts';

const heardAt = '2026-09-01T10:00:05.000Z';
const turn = (changes: Partial<Turn>): Turn => ({
  key: '1',
  heard: { kind: 'speech', text: 'A table for two.' },
  status: 'answered',
  heardAt,
  ...changes,
});

describe('a call as text', () => {
  test('is who, where it stands, and what was said', () => {
    const call: CallSnapshot = {
      ...SNAPSHOT,
      status: 'ended',
      endReason: 'caller-hung-up',
      turns: [
        turn({ reply: 'For which day?' }),
        turn({ key: '2', heard: { kind: 'keys', digits: '12' }, reply: 'At noon.' }),
        turn({ key: '3', heard: { kind: 'silence' }, status: 'superseded' }),
        turn({ key: '4', heard: { kind: 'speech', text: 'Hello?' }, status: 'unanswered' }),
        turn({ key: '5', reply: 'Yes.', status: 'unheard' }),
      ],
    };
    expect(callText(call)).toBe(
      [
        `${CALL_ID}  outbound  ended (caller-hung-up)`,
        `from +15005550001 to +15005550006, Twilio ${SNAPSHOT.callSid}`,
        '  assistant  Hello.',
        '  caller     A table for two.',
        '  assistant  For which day?',
        '  caller     [keys 12]',
        '  assistant  At noon.',
        '  caller     [silence]',
        '             (superseded)',
        '  caller     Hello?',
        '             (unanswered)',
        '  caller     A table for two.',
        '  assistant  Yes.',
        '             (unheard)',
      ].join('\n'),
    );
  });

  test('leaves out what is not known', () => {
    const { callSid: _, greeting: __, ...rest } = SNAPSHOT;
    expect(callText({ ...rest, direction: 'inbound', status: 'ringing' })).toBe(
      `${CALL_ID}  inbound  ringing\nfrom +15005550001 to +15005550006`,
    );
  });

  test('says when it is not clear whether it was placed', () => {
    const text = callText({ ...SNAPSHOT, dial: 'unclear' });
    expect(text).toContain('may or may not have placed');
    expect(callText({ ...SNAPSHOT, dial: 'refused' })).toContain('did not place');
  });

  test('is one line a saying and moves no cursor, whatever was said', () => {
    const hostile = 'a\u001b[2J\u001b]0;x\u0007b\r\nfake  line\u009b31mc\u202ed\u0000';
    const call: CallSnapshot = {
      ...SNAPSHOT,
      from: hostile,
      greeting: hostile,
      turns: [turn({ heard: { kind: 'speech', text: hostile }, reply: hostile })],
    };
    const text = callText(call);
    expect(text.split('\n')).toHaveLength(5);
    expect(text).not.toMatch(/(?!\n)\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u);
    expect(text).toContain('fake line');
  });

  test('keeps letters of every script, and emoji', () => {
    const said = 'שלום مرحبا 你好 żółć 👍🏽';
    expect(callText({ ...SNAPSHOT, greeting: said })).toContain(said);
  });
});

describe('a list of calls', () => {
  test('has columns as wide as their widest cell, and no space at the ends of lines', () => {
    const text = callTable([
      { callId: CALL_ID, direction: 'inbound', status: 'ringing', startedAt: '2026' },
      { callId: 'call_short', direction: 'outbound', status: 'in-progress', startedAt: '2027' },
    ]);
    const lines = text.split('\n');
    expect(lines).toHaveLength(3);
    expect(new Set(lines.map((line) => line.search(/STARTED|202[67]/))).size).toBe(1);
    expect(text).not.toMatch(/ $/m);
  });

  test('says when it is empty', () => {
    expect(callTable([])).toBe('No calls.');
  });
});

test('what came of hanging up is a line a call', () => {
  expect(hangUpText([])).toBe('No calls to end.');
  expect(
    hangUpText([
      { callId: CALL_ID, result: 'ended' },
      { callId: OTHER_ID, result: 'was-over' },
      { callId: 'x', result: 'unknown' },
    ]),
  ).toBe(`${CALL_ID} ended\n${OTHER_ID} was over already\nx is not known`);
});
