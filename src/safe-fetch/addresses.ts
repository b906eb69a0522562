/** Which addresses may be connected to. */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** `public`: plain unicast of the Internet. `loopback`: this machine, written plainly. */
export type AddressKind = 'public' | 'loopback' | 'refused';

/** All that is given out as unicast so far (RFC 4291, 2.4); beside it are forms with an IPv4 address in them. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
/** Reserved in no registry: the host of every virtual machine in Azure. */
const AZURE_HOST = '168.63.129.16';

/**
 * Everything that is not plain public unicast is refused, so also what leads to an IPv4 address in
 * another way: mapped, compatible and translated ones, NAT64, 6to4 and Teredo.
 * @param address as a resolver or a URL gives it: no brackets, no zone
 */
export function addressKind(address: string): AddressKind {
  // `ipaddr` also reads octal and short forms, and would read them otherwise than who connects.
  if (isIP(address) === 0 || address.includes('%')) return 'refused';
  const parsed = ipaddr.parse(address);
  const range = parsed.range();
  if (range === 'loopback') return 'loopback';
  if (range !== 'unicast' || address === AZURE_HOST) return 'refused';
  return parsed instanceof ipaddr.IPv6 && !parsed.match(GLOBAL_UNICAST) ? 'refused' : 'public';
}

/** @param onlyLoopback what the URL asks for (plain http, a port) is allowed on this machine alone */
export function isAllowed(
  address: string,
  { allowLocal, onlyLoopback }: { allowLocal: boolean; onlyLoopback: boolean },
): boolean {
  const kind = addressKind(address);
  return kind === 'loopback' ? allowLocal : kind === 'public' && !onlyLoopback;
}
