import type { IncomingMessage } from "node:http";
import { BlockList, isIP, SocketAddress } from "node:net";

/** A trusted proxy that is not an address or a CIDR range. */
export class AddressError extends Error {
  constructor(entry: string) {
    super(`not an IP address or a CIDR range: ${entry}`);
    this.name = "AddressError";
  }
}

type AddressedRequest = Pick<IncomingMessage, "headers" | "socket">;

/** Addresses that are looked at in X-Forwarded-For; a chain of real proxies is shorter. */
const MAX_HOPS = 20;

/**
 * Makes the function that tells a request's client address: the socket's, or, where the socket's is a trusted proxy,
 * the rightmost address in X-Forwarded-For that is not one. What stands further left was written by the client itself
 * and could name anybody. Throws `AddressError` for an entry of `trustProxy` that cannot be read.
 */
export function addressReader(trustProxy: readonly string[]): (request: AddressedRequest) => string {
  const trusted = blockList(trustProxy);
  return (request) => {
    const peer = normalised(request.socket.remoteAddress ?? "") ?? "unknown";
    if (!isTrusted(trusted, peer)) return peer;
    return rightmostUntrusted(trusted, peer, headerText(request));
  };
}

/** Whether a request's immediate peer is one of the proxies that are believed. Throws `AddressError` as above. */
export function trustedPeers(trustProxy: readonly string[]): (peer: string) => boolean {
  const trusted = blockList(trustProxy);
  return (peer) => isTrusted(trusted, peer);
}

function headerText(request: AddressedRequest): string {
  const header = request.headers["x-forwarded-for"];
  return Array.isArray(header) ? header.join(",") : (header ?? "");
}

function rightmostUntrusted(trusted: BlockList, peer: string, header: string): string {
  const hops = header.split(",").toReversed().slice(0, MAX_HOPS);
  let last = peer;
  for (const hop of hops) {
    const address = normalised(withoutPort(hop.trim()));
    // Not an address: whatever wrote it is not a proxy of ours, so nothing further left is believed either.
    if (address === undefined) return last;
    last = address;
    if (!isTrusted(trusted, address)) return address;
  }
  return last;
}

/** One spelling for each address: lower case, shortened, and IPv4 out of its IPv6 mapping (`::ffff:10.0.0.1`). */
export function normalised(text: string): string | undefined {
  const version = isIP(text);
  if (version === 0) return undefined;
  if (version === 4) return text;
  const address = new SocketAddress({ address: text.replace(/%.*$/, ""), family: "ipv6" }).address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  return mapped?.[1] ?? address;
}

function withoutPort(hop: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(hop);
  if (bracketed?.[1] !== undefined) return bracketed[1];
  const withPort = /^([^:]+):\d+$/.exec(hop);
  return withPort?.[1] ?? hop;
}

function isTrusted(trusted: BlockList, address: string): boolean {
  const version = isIP(address);
  return version !== 0 && trusted.check(address, version === 4 ? "ipv4" : "ipv6");
}

function blockList(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [text = "", prefix, ...rest] = entry.split("/");
    const address = normalised(text);
    if (address === undefined || rest.length > 0) throw new AddressError(entry);
    const family = isIP(address) === 4 ? "ipv4" : "ipv6";
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, prefixBits(entry, prefix, family === "ipv4" ? 32 : 128), family);
  }
  return list;
}

function prefixBits(entry: string, text: string, most: number): number {
  const bits = Number(text);
  if (!/^\d{1,3}$/.test(text) || bits > most) throw new AddressError(entry);
  return bits;
}
