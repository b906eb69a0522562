/** What callers may say to the receptionist, for properties. */
import fc from 'fast-check';

const sensible = fc.constantFrom(
  ...['a table', 'an appointment', 'friday', 'tomorrow evening', 'not friday', 'at seven', 'ten'],
  ...['four people', 'one more', 'my name is Anna', 'Smith', 'yes', 'no', 'maybe', 'the time'],
  ...['make it five', 'people', 'cancel', 'start over', 'repeat', 'what?', 'help', 'who are you'],
  ...['goodbye', 'thanks', 'yesterday', 'in an hour', 'an hour later', 'in the morning', 'wait'],
  ...['what do you have so far', "I don't know", 'nothing', 'change the day', 'tell me a joke'],
  ...['[the caller pressed 1]', '[the caller pressed 4]', '[the caller said nothing]', 'asdf'],
);
const words = fc
  .array(
    fc.constantFrom(
      ...['not', 'for', 'at', 'half', 'past', 'quarter', 'to', 'seven', 'friday', 'the', 'first'],
      ...[
        'of',
        'may',
        'table',
        'two',
        'people',
        'and',
        'me',
        'no',
        'yes',
        'name',
        'is',
        'with',
        'a',
      ],
      ...['week', 'from', 'in', 'later', '12', '5th', '7:30', ',', 'twenty', 'hundred', 'second'],
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(' '));
const line = fc.oneof(
  { weight: 6, arbitrary: sensible },
  { weight: 3, arbitrary: words },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
);
// Half of them begin with everything said, or the end would hardly ever be reached.
const beginning = fc.constantFrom(
  [],
  ['a table for two on friday at seven under the name of Miller'],
  ['an appointment tomorrow at ten', 'Smith'],
);
/** A whole conversation: the lines of the caller. */
export const conversation = fc
  .tuple(beginning, fc.array(line, { minLength: 1, maxLength: 10 }))
  .map(([before, after]): string[] => [...before, ...after]);
