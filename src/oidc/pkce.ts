import { constantTimeEqual, sha256 } from "../platform/digest.ts";

/** Base64url of a SHA-256: always 43 characters, without padding. */
const S256_CHALLENGE = /^[A-Za-z0-9_-]{43}$/;
/** RFC 7636 4.1: 43 to 128 unreserved characters. */
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/;

export type ChallengeRead =
  | { readonly kind: "none" }
  | { readonly kind: "challenge"; readonly challenge: string }
  /** `why` is fit for an error_description. */
  | { readonly kind: "refused"; readonly why: string };

/**
 * Reads `code_challenge` and `code_challenge_method` of an authorization request (RFC 7636 4.3). S256 only: a missing
 * method means `plain`, which anybody who sees the request can answer (RFC 9700 2.1.1).
 */
export function readChallenge(challenge: string | undefined, method: string | undefined): ChallengeRead {
  if (challenge === undefined) {
    return method === undefined
      ? { kind: "none" }
      : { kind: "refused", why: "code_challenge_method came without code_challenge" };
  }
  if (method !== "S256") return { kind: "refused", why: "code_challenge_method must be S256" };
  if (!S256_CHALLENGE.test(challenge)) {
    return { kind: "refused", why: "code_challenge must be 43 characters of base64url" };
  }
  return { kind: "challenge", challenge };
}

/**
 * ok; or why not. `missing`: a challenge was sent and no verifier came. `unexpected`: a verifier came although no
 * challenge was sent, the mark of a code that was injected after a stripped challenge (RFC 9700 4.8.2).
 * `malformed`: not 43 to 128 unreserved characters. `mismatch`: another verifier.
 */
export type VerifierCheck = "ok" | "missing" | "unexpected" | "malformed" | "mismatch";

/** Compares a `code_verifier` with the challenge that its code is bound to (RFC 7636 4.6). */
export function checkVerifier(challenge: string | undefined, verifier: string | undefined): VerifierCheck {
  if (challenge === undefined) return verifier === undefined ? "ok" : "unexpected";
  if (verifier === undefined) return "missing";
  if (!VERIFIER.test(verifier)) return "malformed";
  return constantTimeEqual(sha256(verifier), challenge) ? "ok" : "mismatch";
}
