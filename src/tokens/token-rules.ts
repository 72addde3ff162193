import { z } from "zod";
import type { TokenRules } from "../model/settings.ts";
import type { TokenRule } from "../model/token-watch.ts";
import { DAY_MS, DEFAULT_TOKEN_POLICY, LONGEST_LIFE_MS, type TokenPolicy } from "./token-policy.ts";
import { DEFAULT_WATCH_POLICY, MOST_KEPT_DAYS, RULE_ACTIONS } from "./watch/watch-policy.ts";

/** The lowest and the highest that each number of the rules may be. */
export const TOKEN_RULE_BOUNDS = {
  throttlePerMinute: [1, 1_000],
  throttleMinutes: [1, 1_440],
  // Fewer, and the watch forgets what is usual for a token (rules.ts looks back a month).
  keptDays: [31, MOST_KEPT_DAYS],
  expiryNoticeDays: [1, 60],
  longestLifeDays: [1, LONGEST_LIFE_MS / DAY_MS],
} as const satisfies Readonly<Record<string, readonly [least: number, most: number]>>;

const { longestLifeMs } = DEFAULT_TOKEN_POLICY;

/** What holds until an owner sets something else. */
export const DEFAULT_TOKEN_RULES: TokenRules = {
  watch: DEFAULT_WATCH_POLICY,
  longestLifeDays: {
    pat: longestLifeMs.pat / DAY_MS,
    key: longestLifeMs.key / DAY_MS,
    svc: longestLifeMs.svc / DAY_MS,
  },
};

/**
 * The rules out of what is stored. Each value that cannot be read, or lies beyond its bounds, is the default one: a
 * damaged row must neither stop the server nor leave tokens unwatched or without an end.
 */
export function tokenRulesOf(stored: string): TokenRules {
  return StoredRules.parse(parsed(stored));
}

/** The policy of tokens as the rules say it at each moment when it is read. */
export function tokenPolicyOf(rules: () => TokenRules): TokenPolicy {
  return {
    ...DEFAULT_TOKEN_POLICY,
    get longestLifeMs() {
      const { pat, key, svc } = rules().longestLifeDays;
      return { pat: pat * DAY_MS, key: key * DAY_MS, svc: svc * DAY_MS };
    },
    // The page marks a token as ending soon when its owner is told.
    get warnBeforeMs() {
      return rules().watch.expiryNoticeDays * DAY_MS;
    },
  };
}

const number = (bounds: keyof typeof TOKEN_RULE_BOUNDS, standard: number) => {
  const [least, most] = TOKEN_RULE_BOUNDS[bounds];
  return z.int().min(least).max(most).catch(standard);
};
const action = (rule: TokenRule) => z.enum(RULE_ACTIONS).catch(DEFAULT_WATCH_POLICY.rules[rule]);

const StoredRules = z
  .object({
    watch: z
      .object({
        rules: z
          .object({
            "new-network": action("new-network"),
            "many-networks": action("many-networks"),
            "rate-jump": action("rate-jump"),
            "dead-token": action("dead-token"),
            "scope-probing": action("scope-probing"),
            leaked: action("leaked"),
          })
          .catch(DEFAULT_WATCH_POLICY.rules),
        throttlePerMinute: number("throttlePerMinute", DEFAULT_WATCH_POLICY.throttlePerMinute),
        throttleMinutes: number("throttleMinutes", DEFAULT_WATCH_POLICY.throttleMinutes),
        keptDays: number("keptDays", DEFAULT_WATCH_POLICY.keptDays),
        expiryNoticeDays: number("expiryNoticeDays", DEFAULT_WATCH_POLICY.expiryNoticeDays),
      })
      .catch(DEFAULT_WATCH_POLICY),
    longestLifeDays: z
      .object({
        pat: number("longestLifeDays", DEFAULT_TOKEN_RULES.longestLifeDays.pat),
        key: number("longestLifeDays", DEFAULT_TOKEN_RULES.longestLifeDays.key),
        svc: number("longestLifeDays", DEFAULT_TOKEN_RULES.longestLifeDays.svc),
      })
      .catch(DEFAULT_TOKEN_RULES.longestLifeDays),
  })
  .catch(DEFAULT_TOKEN_RULES);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
