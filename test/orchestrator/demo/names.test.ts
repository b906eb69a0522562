import { describe, expect, test } from '@jest/globals';
import { findName } from '../../../src/orchestrator/providers/demo/names.ts';

describe('a name that is announced', () => {
  test.each([
    ['my name is John Smith', 'John Smith'],
    ['my name is john smith and I need a table', 'John Smith'],
    ["it's Anna", 'Anna'],
    ["under the name of O'Neil", "O'Neil"],
    ['put it under Garcia please', 'Garcia'],
    ['this is Bob speaking', 'Bob'],
    ["I'm John", 'John'],
    ['the name is Müller', 'Müller'],
    ['a table for Mr. Brown', 'Mr Brown'],
    ['call me Al', 'Al'],
    ['my name is Will', 'Will'],
    ['my name is not Bob, it is Rob', 'Rob'],
    ['change the name to Miller', 'Miller'],
    ['first name Peter, last name Parker', 'Peter Parker'],
    ['hello this is Maria, a table for two', 'Maria'],
    ['my name is Anna, spelled A N N A', 'Anna'],
    ['my name is Jon, with an h', 'Jon'],
    ["I'm calling about a table", undefined],
    ["I'm late", undefined],
    ["it's wrong", undefined],
    ["it's anna", undefined],
    ['my name is', undefined],
    ['under what conditions', undefined],
  ])('%s → %s', (sentence, name) => {
    expect(findName(sentence)).toBe(name);
  });
});

describe('a name that was asked for', () => {
  test.each([
    ['smith', 'Smith'],
    ['uh, its smith', 'Smith'],
    ['Smith please', 'Smith'],
    ['Smith, with a y', 'Smyth'],
    ['Clark with an e', 'Clarke'],
    ['Meier with a y', 'Meyer'],
    ['Thomson without an h', 'Tomson'],
    ['S M I T H', 'Smith'],
    ['Smith, S-M-I-T-H', 'Smith'],
    ['John Smith, S, M, Y, T, H', 'John Smyth'],
    ['SMITH', 'Smith'],
    ["john o'brien", "John O'Brien"],
    ['mcdonald', 'McDonald'],
    ['smith-jones', 'Smith-Jones'],
    ['ludwig van beethoven', 'Ludwig van Beethoven'],
    ['José García', 'José García'],
    ['Dr. Brown', 'Dr Brown'],
    ['J. R. Tolkien', 'J R Tolkien'],
    ['Bob and Alice', 'Bob'],
    ['Anna, not Hannah', 'Anna'],
    ['May', 'May'],
    ['王', '王'],
    ['yes it is Peter', 'Peter'],
    ['what?', undefined],
    ['I do not want to say', undefined],
    ['half past seven', undefined],
    ['Friday evening', undefined],
    ['', undefined],
    ['a', undefined],
  ])('%s → %s', (sentence, name) => {
    expect(findName(sentence, 'asked')).toBe(name);
  });
});

test.each([
  ["no, it's anna", 'Anna'],
  ["it's wrong", undefined],
  ["it's fine", undefined],
])('where names were just talked about, %s → %s', (sentence, name) => {
  expect(findName(sentence, 'likely')).toBe(name);
});
