import type { KeyRing } from "../keys/key-ring.ts";
import { verifyOwnJwt } from "./jwt-verifier.ts";

/** What an ID token that comes back as `id_token_hint` tells us. */
export interface IdTokenHint {
  readonly subject: string;
  readonly clientId: string;
  /** `sid`: which of the person's sessions it was. */
  readonly sessionIndex: string | undefined;
}

/**
 * Reads an `id_token_hint`: an ID token of ours, for one client. An expired one is good: it names somebody and proves
 * nothing (OpenID Connect Core 3.1.2.1, RP-Initiated Logout 2). undefined: not ours, changed, or
 * another kind of token.
 */
export function readIdTokenHint(keyRing: KeyRing, issuer: string, token: string): IdTokenHint | undefined {
  const claims = verifyOwnJwt(keyRing, token, "JWT");
  if (claims === undefined || claims["iss"] !== issuer) return undefined;
  const { sub, aud, sid, exp } = claims;
  // A signed UserInfo answer has no `exp`: it is no word about a login.
  if (typeof sub !== "string" || typeof aud !== "string" || typeof exp !== "number") return undefined;
  return { subject: sub, clientId: aud, sessionIndex: typeof sid === "string" ? sid : undefined };
}
