import type { IncomingMessage } from "node:http";
import type { RateState } from "../model/token-use.ts";

/** What a request shows of a token. */
export type PresentedToken =
  | { readonly kind: "none" }
  | { readonly kind: "token"; readonly scheme: "Bearer" | "DPoP"; readonly text: string }
  /** It cannot be said which token is meant, or whether one is. */
  | { readonly kind: "unreadable"; readonly description: string };

/** RFC 6750 2.1 and RFC 9449 7.1: the one way in. */
const CREDENTIALS = /^(Bearer|DPoP) +([A-Za-z0-9._~+/-]+=*) *$/i;
const SCHEME = /^(Bearer|DPoP)(?: |$)/i;
/** Longer than any token of ours; Node itself ends at 64 KB for all headers. */
const LONGEST = 16_400;

/**
 * Reads the Authorization header. Several of them are refused: Node keeps the first, a proxy may have looked at the
 * last. Another scheme is no token. Neither form nor query is a way in (RFC 6750 2.2, 2.3 advise against both).
 */
export function readBearer({
  rawHeaders,
  headers,
}: Pick<IncomingMessage, "rawHeaders" | "headers">): PresentedToken {
  const { authorization } = headers;
  if (authorization === undefined) return { kind: "none" };
  if (hasSeveral(rawHeaders)) return unreadable("There is more than one Authorization header.");
  if (!SCHEME.test(authorization)) return { kind: "none" };
  if (authorization.length > LONGEST) return unreadable("The token is longer than any of ours.");
  const [, scheme = "", text] = CREDENTIALS.exec(authorization) ?? [];
  if (text === undefined) return unreadable("What follows the scheme is not a token.");
  return { kind: "token", scheme: scheme.toLowerCase() === "dpop" ? "DPoP" : "Bearer", text };
}

/** More than one Authorization header: whichever is read, somebody before us may have looked at another. */
export function hasSeveral(rawHeaders: readonly string[]): boolean {
  return authorizations(rawHeaders).length > 1;
}

/** The tokens in all Authorization headers, also where it cannot be said which one is meant. */
export function presentedTexts(rawHeaders: readonly string[]): readonly string[] {
  return authorizations(rawHeaders).flatMap((value) => CREDENTIALS.exec(value)?.[2] ?? []);
}

function authorizations(rawHeaders: readonly string[]): readonly string[] {
  return rawHeaders.filter((_, n) => n % 2 === 1 && rawHeaders[n - 1]?.toLowerCase() === "authorization");
}

function unreadable(description: string): PresentedToken {
  return { kind: "unreadable", description };
}

/** The parameters of a challenge. `description` and `scope` are ours, never the caller's words. */
export interface Challenge {
  readonly realm: string;
  readonly scheme?: "Bearer" | "DPoP" | undefined;
  /** Absent for who showed no token at all (RFC 6750 3.1). */
  readonly error?:
    | "invalid_request"
    | "invalid_token"
    | "insufficient_scope"
    | "invalid_dpop_proof"
    | undefined;
  readonly description?: string | undefined;
  readonly scope?: readonly string[] | undefined;
}

/** The value of WWW-Authenticate (RFC 6750 3, RFC 9449 7.1). */
export function challenge({ realm, scheme = "Bearer", error, description, scope }: Challenge): string {
  const parts = [
    ["realm", realm],
    ["error", error],
    ["error_description", description],
    ["scope", scope?.join(" ")],
    ["algs", scheme === "DPoP" ? "ES256 ES384 EdDSA PS256 RS256" : undefined],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`${name}="${quotable(value)}"`]));
  return `${scheme} ${parts.join(", ")}`;
}

/** RFC 6750 3: visible ASCII and blanks, without quotation mark and backslash. */
function quotable(text: string): string {
  return text.replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, "?");
}

/** What tells a caller about its limit (draft-ietf-httpapi-ratelimit-headers, in the three plain headers). */
export function rateHeaders({ limit, remaining, resetsInMs }: RateState): Readonly<Record<string, string>> {
  return {
    "RateLimit-Limit": String(limit),
    "RateLimit-Remaining": String(remaining),
    "RateLimit-Reset": String(Math.max(1, Math.ceil(resetsInMs / 1_000))),
  };
}
