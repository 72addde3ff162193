import type { SignOnPolicy } from "../model/policy.ts";
import type { Session } from "../model/session.ts";
import type { SignOnRequest } from "../model/sign-on-request.ts";

/** When the session ends whatever happens (SessionNotOnOrAfter), in epoch milliseconds. */
export function absoluteEndMs(session: Session, policy: SignOnPolicy): number {
  return session.startedAtMs + (session.remembered ? policy.rememberedAbsoluteMs : policy.sessionAbsoluteMs);
}

/** When it ends if nobody comes back, never after the absolute end. */
export function idleEndMs(session: Session, policy: SignOnPolicy): number {
  const idle = session.lastSeenAtMs + (session.remembered ? policy.rememberedIdleMs : policy.sessionIdleMs);
  return Math.min(idle, absoluteEndMs(session, policy));
}

/** Within the idle and the absolute lifetime. Both are enforced here, whatever the cookie or the store still hold. */
export function isLive(session: Session, policy: SignOnPolicy, nowMs: number): boolean {
  return nowMs < idleEndMs(session, policy);
}

/**
 * Proof by identity that the last login was made for this request. A clock cannot give it: two requests of the same
 * second would vouch for each other.
 */
export function servedThis(session: Session, request: SignOnRequest): boolean {
  return session.authentication.servedRequestId === request.id;
}

/** `max_age` (OpenID Connect Core 3.1.2.1): the last login is not longer ago than that. */
export function isFresh(session: Session, request: SignOnRequest, nowMs: number): boolean {
  if (request.maxAgeSeconds === undefined) return true;
  return nowMs - session.authentication.instantMs <= request.maxAgeSeconds * 1000;
}
