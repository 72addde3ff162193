import type { Reply } from "../flow/reply.ts";
import type { ReplyAddress } from "../model/reply-address.ts";
import type { AuthorizationErrorCode } from "./authorization-error.ts";
import type { ResponseMode } from "./request-wire.ts";

/** Where and how an authorization response goes. The address was checked against the registration. */
export interface ResponseTarget {
  readonly replyTo: ReplyAddress;
  readonly responseMode: ResponseMode;
  readonly state: string | undefined;
  /** For the page that posts by itself. */
  readonly applicationName: string;
}

/** RFC 6749 4.1.2, with `iss` in every answer, so that a client of two servers cannot be mixed up (RFC 9207 2). */
export function codeResponse(target: ResponseTarget, issuer: string, code: string): Reply {
  return responseTo(target, issuer, { code });
}

/** RFC 6749 4.1.2.1, with `state` and `iss` like every other answer. */
export function errorResponse(
  target: ResponseTarget,
  issuer: string,
  error: AuthorizationErrorCode,
  description: string,
): Reply {
  return responseTo(target, issuer, { error, error_description: describable(description) });
}

function responseTo(target: ResponseTarget, issuer: string, answer: Readonly<Record<string, string>>): Reply {
  const { replyTo, responseMode, state, applicationName } = target;
  const fields = { ...answer, ...(state === undefined ? {} : { state }), iss: issuer };
  switch (responseMode) {
    case "form_post":
      return { kind: "form-post", action: replyTo, fields, applicationName };
    case "fragment":
      return { kind: "redirect", location: `${replyTo}#${encode(fields)}` };
    case "query":
      return { kind: "redirect", location: withQuery(replyTo, fields) };
  }
}

/** Adds to the query that the address may have, and leaves what is there as it was registered (RFC 6749 3.1.2). */
function withQuery(address: string, fields: Readonly<Record<string, string>>): string {
  const query = address.indexOf("?");
  if (query === -1) return `${address}?${encode(fields)}`;
  const separator = address.endsWith("?") || address.endsWith("&") ? "" : "&";
  return `${address}${separator}${encode(fields)}`;
}

/** `%20` for a space, not `+`: clients that decode with either rule get the same `state` back. */
function encode(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&");
}

/** The characters of RFC 6749 4.1.2.1: visible ASCII without quotation mark and backslash. */
function describable(text: string): string {
  return text.replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, "?");
}
