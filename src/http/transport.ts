import { BlockList, isIP } from "node:net";
import type { IncomingMessage } from "node:http";
import { normalised, trustedPeers } from "./address.ts";

/** `plain`: whoever stands between can read along. */
export type Transport = "secure" | "plain";

type Carried = Pick<IncomingMessage, "headers" | "socket">;

/**
 * Makes the function that tells how a request came. Secure is TLS on our own socket, a trusted proxy that says `https`
 * (the last X-Forwarded-Proto that it wrote), and this machine itself. Where our own address is http, which it may only
 * be on this machine, nothing else can be expected.
 */
export function transportReader(
  issuer: string,
  trustProxy: readonly string[],
): (request: Carried) => Transport {
  if (!issuer.startsWith("https:")) return () => "secure";
  const isTrusted = trustedPeers(trustProxy);
  return ({ headers, socket }) => {
    if ("encrypted" in socket && socket.encrypted === true) return "secure";
    const peer = normalised(socket.remoteAddress ?? "") ?? "";
    const said = isTrusted(peer) ? lastOf(headers["x-forwarded-proto"]) : undefined;
    if (said !== undefined) return said === "https" ? "secure" : "plain";
    return isThisMachine(peer) ? "secure" : "plain";
  };
}

function lastOf(header: string | readonly string[] | undefined): string | undefined {
  const text = typeof header === "string" ? header : header?.join(",");
  return text?.split(",").at(-1)?.trim().toLowerCase();
}

function isThisMachine(address: string): boolean {
  const loopback = new BlockList();
  loopback.addSubnet("127.0.0.0", 8, "ipv4");
  loopback.addAddress("::1", "ipv6");
  const version = isIP(address);
  return version !== 0 && loopback.check(address, version === 4 ? "ipv4" : "ipv6");
}
