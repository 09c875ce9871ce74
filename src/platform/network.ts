import { isIP } from 'node:net';

/** All callers without a known address share this key, so that they are limited too. */
const unknownNetwork = 'unknown';

/**
 * The key that limits count by: an IPv4 address, or the /64 of an IPv6 address, because one household can use any
 * address within its /64. IPv4 written as IPv6 is the same caller as the plain form.
 */
export function networkOf(ip: string): string {
  const plain = ip.replace(/%.*$/, '');
  const version = isIP(plain);
  if (version === 4) return plain;
  if (version === 0) return unknownNetwork;
  const groups = groupsOf(plain);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return groups.slice(6).flatMap(bytesOf).join('.');
  const prefix = groups.slice(0, 4).map((group) => group.toString(16));
  return `${prefix.join(':')}::/64`;
}

/**
 * The block around a network, which one customer of a provider often has as a whole: the /24 of an IPv4 address, the /48
 * of an IPv6 network. Takes what `networkOf` returns.
 */
export function blockOf(network: string): string {
  if (isIP(network) === 4) return `${network.split('.').slice(0, 3).join('.')}.0/24`;
  const [prefix, length] = network.split('::');
  return prefix !== undefined && length === '/64'
    ? `${prefix.split(':').slice(0, 3).join(':')}::/48`
    : network;
}

/** The eight groups of an IPv6 address. `URL` gives its canonical form, without dotted decimals. */
function groupsOf(ip: string): number[] {
  const canonical = new URL(`http://[${ip}]/`).hostname.slice(1, -1);
  const [head = '', tail = ''] = canonical.split('::');
  const before = parseGroups(head);
  const after = parseGroups(tail);
  const skipped = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return [...before, ...skipped, ...after];
}

const parseGroups = (text: string): number[] =>
  text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));

const bytesOf = (group: number): number[] => [group >> 8, group & 0xff];
