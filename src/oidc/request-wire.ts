import type { SignOnRequest } from "../model/sign-on-request.ts";
import type { ClaimsRequest } from "./claims-parameter.ts";

/** How the answer gets back (OAuth 2.0 Multiple Response Type Encoding Practices 2.1, Form Post Response Mode). */
export type ResponseMode = "query" | "fragment" | "form_post";

/** What the answer to an authorization request needs besides the neutral request: it is parked with it, as JSON. */
export interface OidcWire {
  readonly responseMode: ResponseMode;
  readonly state?: string | undefined;
  readonly nonce?: string | undefined;
  readonly codeChallenge?: string | undefined;
  /** `scope` as it was asked for; the request's own scopes have those beside them that bring the claims asked for by name. */
  readonly scopes: readonly string[];
  readonly claims?: ClaimsRequest | undefined;
  readonly resources: readonly string[];
  /** The pushed request that this one came from; spent when it is answered with a code (RFC 9126 4). */
  readonly pushedId?: string | undefined;
}

/** The wire of a request that authorization-request.ts made. A request of another protocol is a bug. */
export function wireOf(request: SignOnRequest): OidcWire {
  const { wire } = request;
  if (!isOurs(wire, request)) throw new TypeError("a request of another protocol came to OpenID Connect");
  return wire;
}

function isOurs(wire: unknown, request: SignOnRequest): wire is OidcWire {
  return request.protocol === "oidc" && typeof wire === "object" && wire !== null;
}
