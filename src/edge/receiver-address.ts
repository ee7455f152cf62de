/**
 * Which machines a message may go to. A room's policy names an address, and whoever may write it must not reach into
 * our own network with it: only globally reachable addresses are connected to, and networks that the deployment names.
 *
 * A name is judged by what it resolves to at the moment of connecting, and the connection goes to the very address
 * judged: a name that answers differently the second time gains nothing.
 */
import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** An address that must not be connected to. */
export class AddressRefusedError extends Error {
  constructor() {
    super('the address is not allowed');
    this.name = 'AddressRefusedError';
  }
}

export type AddressRule = (address: string) => boolean;

/** True for addresses that are reachable from everywhere, and those in the allowed networks (CIDRs or addresses). */
export function addressRule(allowedNetworks: readonly string[]): AddressRule {
  const networks = allowedNetworks.map((text) =>
    ipaddr.parseCIDR(text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`),
  );
  return (text) => {
    if (!ipaddr.isValid(text)) return false;
    // An IPv4 address in the clothes of an IPv6 one is what it is underneath.
    const address = ipaddr.process(text);
    const isAllowed = networks.some(
      ([network, bits]) => network.kind() === address.kind() && address.match(network, bits),
    );
    return isAllowed || isGlobal(address);
  };
}

/** 2000::/3 is all that is given out of IPv6 so far. */
const globalIpv6 = ipaddr.IPv6.parse('2000::');

function isGlobal(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv4 || address.match(globalIpv6, 3);
}

/** The address that a URL names by figures, and that no lookup is asked for; null when it names it by a name. */
export function literalAddress(url: URL): string | null {
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  return ipaddr.isValid(host) ? host : null;
}

/** For node:http: resolves a name to those of its addresses that the rule allows. */
export function guardedLookup(rule: AddressRule, lookup: typeof dnsLookup = dnsLookup): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error) return callback(error, '', 0);
      const allowed = addresses.filter(({ address }) => rule(address));
      const [first] = allowed;
      if (!first) return callback(new AddressRefusedError(), '', 0);
      if (options.all) return callback(null, allowed);
      return callback(null, first.address, first.family);
    });
  };
}
