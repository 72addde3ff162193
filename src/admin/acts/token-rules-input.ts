import type { TokenRules } from "../../model/settings.ts";
import type { TokenRule, TokenRuleAction } from "../../model/token-watch.ts";
import { TOKEN_RULE_BOUNDS } from "../../tokens/token-rules.ts";
import { RULE_ACTIONS } from "../../tokens/watch/watch-policy.ts";
import type { Issue } from "./act.ts";

/** The numbers of the rules by the names of their fields, each with its bounds. */
export const RULE_NUMBERS = {
  throttlePerMinute: TOKEN_RULE_BOUNDS.throttlePerMinute,
  throttleMinutes: TOKEN_RULE_BOUNDS.throttleMinutes,
  keptDays: TOKEN_RULE_BOUNDS.keptDays,
  expiryNoticeDays: TOKEN_RULE_BOUNDS.expiryNoticeDays,
  patDays: TOKEN_RULE_BOUNDS.longestLifeDays,
  keyDays: TOKEN_RULE_BOUNDS.longestLifeDays,
  svcDays: TOKEN_RULE_BOUNDS.longestLifeDays,
} as const;

export type RuleNumber = keyof typeof RULE_NUMBERS;

/** The rules as they are typed: an action for each rule of the watch, and a text for each number. */
export type TokenRulesFields = Readonly<Record<TokenRule | RuleNumber, string>>;

/** What is stored, as it is typed. */
export function tokenRulesFields({ watch, longestLifeDays }: TokenRules): TokenRulesFields {
  return {
    ...watch.rules,
    throttlePerMinute: String(watch.throttlePerMinute),
    throttleMinutes: String(watch.throttleMinutes),
    keptDays: String(watch.keptDays),
    expiryNoticeDays: String(watch.expiryNoticeDays),
    patDays: String(longestLifeDays.pat),
    keyDays: String(longestLifeDays.key),
    svcDays: String(longestLifeDays.svc),
  };
}

/** The rules out of what was typed, or each field that is wrong. */
export function readTokenRules(
  typed: TokenRulesFields,
): { readonly rules: TokenRules } | { readonly issues: readonly Issue[] } {
  const issues: Issue[] = [];
  const action = (rule: TokenRule): TokenRuleAction => {
    const found = RULE_ACTIONS.find((one) => one === typed[rule]);
    if (found === undefined) issues.push({ field: rule, text: `It is one of ${RULE_ACTIONS.join(", ")}.` });
    return found ?? "suspend";
  };
  const number = (field: RuleNumber): number => {
    const [least, most] = RULE_NUMBERS[field];
    const value = /^\d{1,4}$/.test(typed[field].trim()) ? Number(typed[field]) : Number.NaN;
    if (!(value >= least && value <= most))
      issues.push({ field, text: `It is a whole number from ${least} to ${most}.` });
    return value;
  };
  const rules: TokenRules = {
    watch: {
      rules: {
        "new-network": action("new-network"),
        "many-networks": action("many-networks"),
        "rate-jump": action("rate-jump"),
        "dead-token": action("dead-token"),
        "scope-probing": action("scope-probing"),
        leaked: action("leaked"),
      },
      throttlePerMinute: number("throttlePerMinute"),
      throttleMinutes: number("throttleMinutes"),
      keptDays: number("keptDays"),
      expiryNoticeDays: number("expiryNoticeDays"),
    },
    longestLifeDays: { pat: number("patDays"), key: number("keyDays"), svc: number("svcDays") },
  };
  return issues.length > 0 ? { issues } : { rules };
}
