/**
 * Any resource of the API for a person: a line for each field, named by its path as `--set` takes it.
 */
import { oneLine } from '../format.ts';

/** Known from the command already. */
const NOT_SHOWN = ['object'];

export function fieldsText(resource: unknown): string {
  const lines = linesOf(resource, '');
  const width = Math.max(...lines.map(([path]) => path.length));
  return lines.map(([path, text]) => `${path.padEnd(width)}  ${text}`.trimEnd()).join('\n');
}

function linesOf(value: unknown, path: string): [path: string, text: string][] {
  if (!isObject(value)) return [[path, textOf(value)]];
  const fields = Object.entries(value).filter(([name]) => path !== '' || !NOT_SHOWN.includes(name));
  if (fields.length === 0) return [[path, '-']];
  return fields.flatMap(([name, each]) => linesOf(each, path === '' ? name : `${path}.${name}`));
}

function textOf(value: unknown): string {
  if (value === null || value === undefined || value === '') return '-';
  if (Array.isArray(value)) {
    if (value.length === 0) return '-';
    const isFlat = value.every((each) => !isObject(each));
    return oneLine(isFlat ? value.map(String).join(', ') : JSON.stringify(value));
  }
  if (typeof value !== 'string') return oneLine(JSON.stringify(value));
  const lines = value.split('\n').map(oneLine);
  if (lines.length === 1) return lines[0] ?? '';
  return ['', ...lines.map((line) => `    ${line}`)].join('\n');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
