/** From bytes to a tree of TwiML elements, as strictly as Twilio reads them. */
import { XMLParser, XMLValidator } from 'fast-xml-parser';

export interface TwimlElement {
  name: string;
  attributes: Readonly<Record<string, string>>;
  children: readonly TwimlNode[];
}

export type TwimlNode = TwimlElement | string;

export type ParsedTwiml = { ok: true; verbs: TwimlNode[] } | { ok: false; reason: string };

// One node of fast-xml-parser's ordered output.
type RawNode = Record<string, unknown>;

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  commentPropName: '#comment',
  cdataPropName: '#cdata',
});

// What XML 1.0 allows; lone surrogates are excluded by the u flag.
// oxlint-disable-next-line no-control-regex
const NOT_XML = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/** Parses a document. Anything before the declaration or the root is a fault, even a blank line. */
export function parseTwiml(text: string): ParsedTwiml {
  if (!text.startsWith('<')) return { ok: false, reason: 'something precedes the document' };
  if (NOT_XML.test(text)) return { ok: false, reason: 'a character that XML does not allow' };
  if (/<!DOCTYPE/i.test(text)) return { ok: false, reason: 'a document type declaration' };
  const valid = XMLValidator.validate(text);
  if (valid !== true) return { ok: false, reason: `not well-formed (line ${valid.err.line})` };
  try {
    const nodes = (parser.parse(text) as RawNode[]).flatMap(toNodes);
    const [root, ...others] = nodes.filter((node) => typeof node !== 'string' || node.trim());
    if (root === undefined || others.length > 0) return { ok: false, reason: 'not one root' };
    if (typeof root === 'string' || root.name !== 'Response') {
      return { ok: false, reason: 'the root is not Response' };
    }
    return { ok: true, verbs: [...root.children] };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : 'unreadable' };
  }
}

/** The words of an element, nested elements (SSML) flattened, white space collapsed. */
export function flattenText(nodes: readonly TwimlNode[]): string {
  return joinText(nodes).replace(/\s+/g, ' ').trim();
}

function joinText(nodes: readonly TwimlNode[]): string {
  return nodes
    .map((node) => {
      if (typeof node === 'string') return node;
      // A substitution is spoken instead of its text; a break is a gap between words.
      if (node.name === 'sub' && node.attributes.alias) return node.attributes.alias;
      if (node.name === 'break') return ' ';
      const text = joinText(node.children);
      return node.name === 'p' || node.name === 's' ? ` ${text} ` : text;
    })
    .join('');
}

function toNodes(raw: RawNode): TwimlNode[] {
  const name = Object.keys(raw).find((key) => key !== ':@');
  if (name === undefined || name === '#comment' || name.startsWith('?')) return [];
  if (name === '#text') return [decodeEntities(raw[name] as string)];
  const inner = (raw[name] ?? []) as RawNode[];
  if (name === '#cdata') return [inner.map((node) => node['#text'] as string).join('')];
  const attributes = Object.fromEntries(
    Object.entries((raw[':@'] ?? {}) as Record<string, unknown>).map(([key, value]) => [
      key,
      decodeEntities(String(value)),
    ]),
  );
  return [{ name, attributes, children: inner.flatMap(toNodes) }];
}

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

function decodeEntities(text: string): string {
  return text.replace(/&([^;&\s]*);?/g, (whole, name: string) => {
    const decoded = whole.endsWith(';') ? decodeEntity(name) : undefined;
    if (decoded === undefined || NOT_XML.test(decoded)) throw new Error('an undefined entity');
    return decoded;
  });
}

function decodeEntity(name: string): string | undefined {
  if (Object.hasOwn(NAMED, name)) return NAMED[name];
  const code = /^#(?:x([\da-f]{1,6})|(\d{1,7}))$/i.exec(name);
  if (!code) return undefined;
  const point = code[1] === undefined ? Number(code[2]) : Number.parseInt(code[1], 16);
  return point <= 0x10ffff ? String.fromCodePoint(point) : undefined;
}
