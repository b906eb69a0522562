/** From where a request comes, when there may be proxies in front. */
import { BlockList, isIP } from 'node:net';
import type { IncomingMessage } from 'node:http';

/** Whether an address is one of the proxies that the operator has named. */
export type IsTrusted = (address: string) => boolean;

const FORM = /^([0-9A-Fa-f.:]{2,45})(?:\/(\d{1,3}))?$/;

/** @param proxies addresses and networks (CIDR). @returns undefined when one of them is neither. */
export function trustedProxies(proxies: readonly string[]): IsTrusted | undefined {
  const list = new BlockList();
  for (const proxy of proxies) {
    const [, address = '', bits] = FORM.exec(proxy) ?? [];
    const version = isIP(address);
    const width = version === 4 ? 32 : 128;
    if (version === 0 || Number(bits ?? 0) > width) return undefined;
    list.addSubnet(address, Number(bits ?? width), version === 4 ? 'ipv4' : 'ipv6');
  }
  return (address) => {
    const version = isIP(address);
    return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6');
  };
}

/**
 * The address that the innermost proxy of ours has seen: that of the socket, unless a trusted proxy is
 * there. What stands further left in `X-Forwarded-For` anybody can have written.
 */
export function clientAddress(request: IncomingMessage, isTrusted: IsTrusted): string {
  let address = plainAddress(request.socket.remoteAddress ?? '');
  const header = request.headersDistinct['x-forwarded-for']?.join(',') ?? '';
  const before = header === '' ? [] : header.split(',');
  while (isTrusted(address) && before.length > 0) {
    const next = plainAddress(before.pop()?.trim() ?? '');
    if (isIP(next) === 0) break;
    address = next;
  }
  return address;
}

/** Whoever has one address of an IPv6 network of 64 bits has them all. */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = (address.split('%', 1)[0] ?? '').toLowerCase().split('::');
  const groups = (text: string | undefined) => (text ? text.split(':') : []);
  const front = groups(head);
  const back = groups(tail);
  // A dotted part at the end stands for two groups.
  const length = front.length + back.length + (address.includes('.') ? 1 : 0);
  const zeros = tail === undefined ? 0 : 8 - length;
  const all = [...front, ...Array.from({ length: zeros }, () => '0'), ...back];
  const network = all.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ''));
  return `${network.join(':')}::/64`;
}

/** IPv4 in the clothes of IPv6, as sockets show it that listen on both. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d{1,3}(?:\.\d{1,3}){3}$)/i, '');
}
