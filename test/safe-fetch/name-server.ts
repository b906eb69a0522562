/** A name server on this machine that answers what it is told (RFC 1035). */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

const TYPES: Record<number, 'A' | 'AAAA'> = { 1: 'A', 28: 'AAAA' };
const HEADER_BYTES = 12;

/** Addresses; none: there is no such name; `silence`: no answer at all. */
export type NameAnswer = string[] | 'silence';

export interface NameServer {
  /** Address and port. */
  address: string;
  /** Type and name of each question. */
  readonly asked: string[];
  close(): void;
}

export async function startNameServer(
  answer: (type: 'A' | 'AAAA', name: string) => NameAnswer,
): Promise<NameServer> {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const { name, end } = nameIn(query);
    const type = TYPES[query.readUInt16BE(end)] ?? 'A';
    asked.push(`${type} ${name}`);
    const said = answer(type, name);
    if (said === 'silence') return;
    socket.send(reply(query.subarray(0, end + 4), said), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { address: `127.0.0.1:${socket.address().port}`, asked, close: () => socket.close() };
}

function nameIn(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.subarray(at + 1, at + 1 + length).toString());
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

/** @param asked the question, header included */
function reply(asked: Buffer, addresses: string[]): Buffer {
  const header = Buffer.from(asked.subarray(0, HEADER_BYTES));
  // An answer, recursion wanted and had; 3: there is no such name.
  header.writeUInt16BE(addresses.length === 0 ? 0x8183 : 0x8180, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(addresses.length, 6);
  header.writeUInt32BE(0, 8);
  const records = addresses.map((address) => {
    const bytes = Buffer.from(ipaddr.parse(address).toByteArray());
    const record = Buffer.alloc(HEADER_BYTES);
    record.writeUInt16BE(0xc00c, 0); // the name of the question
    record.writeUInt16BE(isIPv4(address) ? 1 : 28, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt16BE(bytes.length, 10);
    return Buffer.concat([record, bytes]);
  });
  return Buffer.concat([header, asked.subarray(HEADER_BYTES), ...records]);
}
