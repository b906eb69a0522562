import { definitionOf, VARIABLE_NAMES } from './config-variables.ts';
import type { VariableGroup, VariableName } from './config-variables.ts';

/** One variable, as documentation shows it. */
export interface VariableDoc {
  name: VariableName;
  group: VariableGroup;
  purpose: string;
  form: string;
  secret: boolean;
  required: boolean;
  default?: string;
}

/** All variables, in the order in which they are documented. */
export const configDocs: readonly VariableDoc[] = VARIABLE_NAMES.map((name) => {
  const definition = definitionOf(name);
  return {
    name,
    group: definition.group,
    purpose: definition.purpose,
    form: definition.form,
    secret: definition.secret ?? false,
    required: definition.required ?? false,
    default: definition.default,
  };
});

const HEAD = `# Copy this file to .env and fill it in. Variables of the real environment win over it.
# An empty value counts as not set. \`npm start\` needs the variables marked "needed"; \`npm run demo\`
# needs none. Secrets are never shown again: keep this file to yourself.
`;

/** The text of `.env.example`. */
export function envExample(): string {
  const groups = [...new Set(configDocs.map((doc) => doc.group))];
  const parts = groups.map((group) => {
    const variables = configDocs.filter((doc) => doc.group === group).map(describe);
    return `# ---- ${group} ----\n\n${variables.join('\n')}`;
  });
  return `${HEAD}\n${parts.join('\n')}`;
}

function describe(doc: VariableDoc): string {
  const marks = [doc.required && 'needed', doc.secret && 'secret'].filter(Boolean).join(', ');
  const head = `${capitalised(doc.purpose)}.${marks ? ` (${marks})` : ''}`;
  const lines = wrap(`${head} Looks like: ${doc.form}.`).map((line) => `# ${line}`);
  const value = doc.default ?? '';
  return [...lines, doc.required ? `${doc.name}=${value}` : `#${doc.name}=${value}`, ''].join('\n');
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function wrap(text: string, width = 96): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
