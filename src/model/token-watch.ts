/** What the watch looks for in the use of a token. */
export type TokenRule =
  /** A first good use from a network never seen for this token, once it has a history. */
  | "new-network"
  /** Use from more networks within a short time than this token ever has. */
  | "many-networks"
  /** A sudden multiple of its usual rate. */
  | "rate-jump"
  /** Repeated use of an expired or revoked token, or several such tokens tried from one network. */
  | "dead-token"
  /** Several different scopes or resources that it lacks. */
  | "scope-probing"
  /** Somebody reported that it lies in the open. */
  | "leaked";

/** What is done when a rule applies. Everything but `off` is told to whoever answers for the token. */
export type TokenRuleAction = "off" | "notify" | "throttle" | "suspend" | "revoke";

/** How the use of tokens is watched; a setting of the installation. */
export interface TokenWatchPolicy {
  readonly rules: Readonly<Record<TokenRule, TokenRuleAction>>;
  /** Uses a minute that a throttled token has left. */
  readonly throttlePerMinute: number;
  readonly throttleMinutes: number;
  /** How long counts and notices are kept; 400 at most. */
  readonly keptDays: number;
  /** How long before a token's end its owner is told. */
  readonly expiryNoticeDays: number;
}
