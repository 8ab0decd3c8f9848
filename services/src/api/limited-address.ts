import ipaddr from 'ipaddr.js'

/** 16-bit groups of an IPv6 address that say which network it is in; whoever has a network has all of its addresses. */
const NETWORK_GROUPS = 4
/** Some proxies append the client's port. */
const WITH_PORT = /^(?:\[(.+)\]|([0-9.]+)):[0-9]+$/

/** What the limits of an address count for: the address, or the /64 network of an IPv6 address. */
export function limitedAddress(text: string): string {
  const [, ipv6, ipv4] = WITH_PORT.exec(text) ?? []
  const address = ipv6 ?? ipv4 ?? text
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  if (!('parts' in parsed)) return parsed.toString()
  return `${parsed.parts
    .slice(0, NETWORK_GROUPS)
    .map((group) => group.toString(16))
    .join(':')}::/64`
}
