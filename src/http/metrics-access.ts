import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import { constantTimeEqual } from "../platform/digest.ts";
import { normalised } from "./address.ts";

/** What of a request says who asks. */
interface MetricsRequest {
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** Who asks for the metrics may read them, or why not. */
export type MetricsAccess = "granted" | "token-needed" | "loopback-only";

const CREDENTIALS = /^Bearer +([!-~]+) *$/i;
/** What proxies add. Behind a proxy on this machine everybody comes from a loopback address. */
const FORWARDING = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/**
 * Who may read the metrics: whoever brings `token` as a bearer token (RFC 6750 2.1); without a configured token,
 * programs on this machine alone, by the socket's address. A forwarded header never admits anybody; that there is one
 * says that a proxy stands between, so the peer's address is not the reader's.
 */
export function metricsAccess(token: string | undefined): (request: MetricsRequest) => MetricsAccess {
  if (token === undefined) return (request) => (isLocal(request) ? "granted" : "loopback-only");
  return ({ headers }) => {
    const given = CREDENTIALS.exec(headers.authorization ?? "")?.[1];
    return given !== undefined && constantTimeEqual(given, token) ? "granted" : "token-needed";
  };
}

function isLocal({ headers, socket }: MetricsRequest): boolean {
  const peer = normalised(socket.remoteAddress ?? "");
  if (peer === undefined) return false;
  const isLoopback = isIP(peer) === 4 ? peer.startsWith("127.") : peer === "::1";
  return isLoopback && FORWARDING.every((name) => headers[name] === undefined);
}
