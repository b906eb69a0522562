/** What models have been seen to write, and what nobody has seen yet. */
import fc from 'fast-check';
import { MAX_SPOKEN_LENGTH } from '../../src/orchestrator/speakable.ts';

/** Answers of which nothing may be heard. */
export const NEVER_FOR_A_CALLER: string[] = [
  '{"name": "end_call", "arguments": {"farewell": "Bye"}}',
  '[{"name": "end_call", "parameters": {}}]',
  '```json\n{"tool": "end_call"}\n```',
  '<tool_call>\n{"name": "end_call", "arguments": {}}\n</tool_call>',
  '<function=end_call>{"farewell": "Bye"}</function>',
  '<|python_tag|>{"name": "end_call"}<|eom_id|>',
  '[TOOL_CALLS] [{"name": "end_call", "arguments": {}}]',
  'end_call(farewell="Bye")',
  'end_call',
  '{"farewell": "Go',
  '{"a": {"b": [1, 2, {"c": "d',
  '[the caller said nothing]',
  '[the caller pressed 1 2]\n[the call begins]',
  '<|im_end|>',
  'User: hello'.replace('User', '\nUser'),
  '<think>What does the caller want?',
  '\u0000\u0007\ud800',
  '&#123;&#34;name&#34;: &#34;end_call&#34;&#125;',
  '<Response><Hangup/></Response>',
  '...',
  '   \n\t ',
  '',
];

/** Answers, and what is heard of them. */
export const SAID_AS: [string, string][] = [
  ['Gladly. {"name": "end_call", "arguments": {}}', 'Gladly.'],
  ['{"name": "f", "arguments": {"a": "}"}} Gladly.', 'Gladly.'],
  ['{"response": "Gladly, for two."}', 'Gladly, for two.'],
  ['```json\n{"say": "Gladly."}\n```', 'Gladly.'],
  ['Gladly. <tool_call>{"name": "end_call"}</tool_call>', 'Gladly.'],
  ['Thank you, goodbye. end_call(farewell="Bye")', 'Thank you, goodbye.'],
  ['[the caller pressed 1] Gladly.', 'Gladly.'],
  ['Gladly. For how many?\n[the caller said nothing]\nAre you there?', 'Gladly. For how many?'],
  ['Gladly.\nUser: for four\nAssistant: Fine.', 'Gladly.'],
  ['Assistant: Gladly.', 'Gladly.'],
  ['Gladly.<|im_end|>', 'Gladly.'],
  ['<|start_header_id|>assistant<|end_header_id|>\n\nGladly.', 'assistant Gladly.'],
  ['The set {a, b} and "quotes" stay.', 'The set {a, b} and "quotes" stay.'],
  ['I said: user friendly.', 'I said: user friendly.'],
  ['Our customer: a friend.', 'Our customer: a friend.'],
];

/** Any output of a model; @param secrets passages of its instructions */
export function wild(...secrets: string[]): fc.Arbitrary<string> {
  const piece = fc.oneof(
    fc.constantFrom(
      ...[
        '{"',
        '"}',
        '{',
        '}',
        '[',
        ']',
        '":',
        '\\"',
        '[the caller said ',
        ']',
        '\nUser:',
        '```json',
      ],
      ...[
        '<tool_call>',
        '</tool_call>',
        '<|im_end|>',
        'end_call',
        'end_call(',
        ')',
        '<think>',
        '.',
      ],
      ...[
        '</think>',
        '. ',
        '! What? ',
        '\n\n- ',
        ' *',
        '* ',
        '<!-- ',
        ' -->',
        '| ',
        '<break/>',
        '&lt;',
        '**',
        '\u0000',
        '\ud83d',
        '😀',
        'Hello',
        'مرحبا',
        ' ',
        '\n',
      ],
      ...secrets,
    ),
    fc.string({ unit: 'binary', maxLength: 40 }),
  );
  return fc.oneof(
    fc.array(piece, { maxLength: 30 }).map((parts) => parts.join('')),
    fc.json(),
    fc.tuple(fc.json(), fc.nat(40)).map(([text, length]) => text.slice(0, length)),
    fc.array(fc.nat(0xffff), { maxLength: 60 }).map((codes) => String.fromCharCode(...codes)),
  );
}

/** What is wrong with a reply. */
export function faultsOf({ text, end }: { text: string; end: boolean }): string[] {
  const wrong = {
    length: text.length > MAX_SPOKEN_LENGTH,
    signs: /[\p{Cc}\p{Surrogate}\p{Noncharacter_Code_Point}]|\{"/u.test(text),
    machine: /end_call|\[the caller /i.test(text),
    empty: !end && !/[\p{L}\p{N}]/u.test(text),
  };
  return Object.entries(wrong).flatMap(([name, isWrong]) => (isWrong ? [name] : []));
}
