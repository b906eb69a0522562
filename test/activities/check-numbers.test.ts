import { beforeEach, describe, expect, test } from '@jest/globals';
import { checkAll } from '../../activities/check-numbers.ts';
import type { NumberLook } from '../../activities/check-numbers.ts';
import type { CarrierNumber, NumberDifference, OwnNumber } from '../../activities/number-ports.ts';

const OURS = '+15005550006';
const DIFFERENCE: NumberDifference = { setting: 'voice_method', expected: 'POST', found: 'GET' };

let own: OwnNumber[];
let carrier: CarrierNumber[];
let kept: unknown[];
let looks: NumberLook[];
let askedCarrier: number;
beforeEach(() => {
  own = [{ id: 'pn_1', number: OURS }];
  carrier = [];
  kept = [];
  looks = [];
  askedCarrier = 0;
});

const check = () =>
  checkAll({
    carrier: {
      list: () => {
        askedCarrier += 1;
        return Promise.resolve(carrier);
      },
    },
    own: {
      list: () => Promise.resolve(own),
      keep: (id, found, carrierSid) => {
        kept.push({ id, ...found, carrierSid });
        const number = own.find((each) => each.id === id);
        // As from the database: keys in an order of its own.
        const { checked_at, differences, status } = found;
        if (number) number.check = { checked_at, differences, status };
        return Promise.resolve();
      },
    },
    onChecked: (look) => looks.push(look),
  });

const at = (number: string, ...differences: NumberDifference[]): CarrierNumber => ({
  carrierSid: `PN${number}`,
  number,
  label: 'Front desk',
  takesCalls: true,
  differences,
});

describe('a round', () => {
  test('keeps what it found of each number, with the time at which it asked', async () => {
    own.push({ id: 'pn_2', number: '+15005550007' }, { id: 'pn_3', number: '+15005550008' });
    carrier = [at('+15005550007', DIFFERENCE), at('+15005550099', DIFFERENCE), at(OURS)];
    const before = new Date().toISOString();
    expect(await check()).toEqual({
      looked: 3,
      wrong: [
        { numberId: 'pn_2', status: 'differs', settings: ['voice_method'] },
        { numberId: 'pn_3', status: 'missing', settings: [] },
      ],
    });
    const checked_at = expect.stringMatching(/Z$/);
    expect(kept).toEqual([
      { id: 'pn_1', status: 'ok', differences: [], checked_at, carrierSid: `PN${OURS}` },
      {
        id: 'pn_2',
        status: 'differs',
        differences: [DIFFERENCE],
        checked_at,
        carrierSid: 'PN+15005550007',
      },
      { id: 'pn_3', status: 'missing', differences: [], checked_at, carrierSid: undefined },
    ]);
    const [time = ''] = own.map((number) => number.check?.checked_at);
    expect(time >= before && time <= new Date().toISOString()).toBe(true);
  });

  test('says of what is still the same that it is known, and of what has changed that it is not', async () => {
    carrier = [at(OURS, DIFFERENCE)];
    await check();
    await check();
    carrier = [at(OURS, { ...DIFFERENCE, found: '' })];
    await check();
    carrier = [];
    await check();
    expect(looks.map(({ status, isKnown }) => [status, isKnown])).toEqual([
      ['differs', false],
      ['differs', true],
      ['differs', false],
      ['missing', false],
    ]);
  });

  test('asks Twilio once for all numbers, and not at all when there are none', async () => {
    own.push({ id: 'pn_2', number: '+15005550007' });
    await check();
    expect(askedCarrier).toBe(1);
    own = [];
    expect(await check()).toEqual({ looked: 0, wrong: [] });
    expect(askedCarrier).toBe(1);
  });

  test('holds no telephone number in what it hands on', async () => {
    carrier = [at(OURS, DIFFERENCE)];
    expect(JSON.stringify([await check(), looks])).not.toContain('5005550006');
  });
});
