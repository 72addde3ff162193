import type { TokenBinding, TokenOwner } from "../model/api-token.ts";
import type { TokenUseSeen } from "../model/token-use.ts";

/** An OAuth access token or a session's own token, found good by the part that issues it. */
export interface SourceToken {
  /** What the watch counts under: for an access token its family, for a session's token the session. */
  readonly id: string;
  readonly kind: "at" | "sso";
  readonly owner: TokenOwner;
  readonly subject: string;
  readonly username?: string | undefined;
  readonly clientId?: string | undefined;
  readonly scopes: readonly string[];
  readonly resources: readonly string[];
  readonly binding?: TokenBinding | undefined;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

/** Tokens that are not kept here. undefined: unknown, expired, revoked, or what it stood on has ended. */
export interface TokenSource {
  find(text: string): Promise<SourceToken | undefined>;
}

/** Counts uses; called once for each verification of a token that is known, and must cost almost nothing. */
export interface TokenWatcher {
  seen(use: TokenUseSeen): void;
  /** A lower number of uses a minute that holds for this token for the time being; undefined: none. No I/O. */
  throttled(tokenId: string): number | undefined;
}
