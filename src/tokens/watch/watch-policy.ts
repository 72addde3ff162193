import type { TokenRule, TokenRuleAction, TokenWatchPolicy } from "../../model/token-watch.ts";

/** In the order of the page. */
export const TOKEN_RULES = [
  "new-network",
  "many-networks",
  "rate-jump",
  "dead-token",
  "scope-probing",
  "leaked",
] as const satisfies readonly TokenRule[];

/** From the mildest on. */
export const RULE_ACTIONS = [
  "off",
  "notify",
  "throttle",
  "suspend",
  "revoke",
] as const satisfies readonly TokenRuleAction[];

export const MOST_KEPT_DAYS = 400;

/**
 * What holds until somebody sets something else. A rule that now and then applies to honest use only tells; one that
 * hardly ever does stops the token, which its owner can undo; only a leak, which cannot be undone, revokes it
 * (docs/tokens/watching.md has the measured rates).
 */
export const DEFAULT_WATCH_POLICY: TokenWatchPolicy = {
  rules: {
    "new-network": "notify",
    "many-networks": "suspend",
    "rate-jump": "throttle",
    "dead-token": "notify",
    "scope-probing": "suspend",
    leaked: "revoke",
  },
  throttlePerMinute: 10,
  throttleMinutes: 60,
  keptDays: MOST_KEPT_DAYS,
  expiryNoticeDays: 7,
};
