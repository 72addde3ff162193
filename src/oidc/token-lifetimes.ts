/** `expires_in`: short, because a resource server that does not ask us believes a JWT until then (RFC 9700 2.2.1). */
export const ACCESS_TOKEN_LIFETIME_MS = 10 * 60_000;

/** A refresh token that nobody used for so long is dead (RFC 9700 4.14.2). */
export const REFRESH_IDLE_MS = 14 * 24 * 60 * 60_000;

/** However often it is rotated, a family ends then, and the person logs in anew. */
export const REFRESH_FAMILY_MS = 30 * 24 * 60 * 60_000;

/** How long a client whose answer was lost gets the same successor again instead of being taken for a thief. */
export const REFRESH_GRACE_MS = 10_000;
