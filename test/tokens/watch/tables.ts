import type { TokenRule } from "../../../src/model/token-watch.ts";
import { DEFAULT_WATCH_POLICY, TOKEN_RULES } from "../../../src/tokens/watch/watch-policy.ts";
import { ATTACKS } from "./attacks.ts";
import type { Simulated, SimulatedToken } from "./simulation.ts";
import { HABITS } from "./traffic.ts";

export interface RuleRow {
  readonly rule: TokenRule;
  /** Attacked tokens that the rule is made for, and those of them that it found. */
  readonly attacks: number;
  readonly caught: number;
  readonly trueAlarms: number;
  readonly falseAlarms: number;
  readonly falsePerThousandDays: number;
}

/** One row a rule. A false alarm is one on honest use, that of victims before their attack included. */
export function ruleRows({ tokens, alarms, tokenDays }: Simulated): readonly RuleRow[] {
  return TOKEN_RULES.map((rule) => {
    const made = tokens.filter(({ attack }) => attack?.expected.includes(rule) === true);
    const ofRule = alarms.filter((alarm) => alarm.rule === rule);
    const falseAlarms = ofRule.filter(({ isTrue }) => !isTrue).length;
    return {
      rule,
      attacks: made.length,
      caught: made.filter((token) => ofRule.some((alarm) => alarm.isTrue && alarm.token === token)).length,
      trueAlarms: ofRule.length - falseAlarms,
      falseAlarms,
      falsePerThousandDays: (1_000 * falseAlarms) / tokenDays,
    };
  });
}

export interface AttackRow {
  readonly name: string;
  readonly victims: number;
  readonly byItsRule: number;
  readonly byAnyRule: number;
}

export function attackRows({ tokens, alarms }: Simulated): readonly AttackRow[] {
  return ATTACKS.map(({ name, victims, expected }) => {
    const attacked = tokens.filter(({ attack }) => attack?.name === name);
    const isCaught = (token: SimulatedToken, rules: readonly TokenRule[]) =>
      alarms.some((alarm) => alarm.isTrue && alarm.token === token && rules.includes(alarm.rule));
    return {
      name,
      victims,
      byItsRule: attacked.filter((token) => isCaught(token, expected)).length,
      byAnyRule: attacked.filter((token) => isCaught(token, TOKEN_RULES)).length,
    };
  });
}

/** The measured tables as Markdown: what docs/tokens/watching.md must say. */
export function measuredTables(simulated: Simulated): string {
  const { tokens, tokenDays, uses } = simulated;
  const honest = tokens.filter(({ attack }) => attack === undefined).length;
  return [
    `${tokens.length} tokens (${honest} honest, ${tokens.length - honest} attacked after two to four weeks of honest use), ${tokenDays.toLocaleString("en")} token-days, ${uses.toLocaleString("en")} uses.`,
    table(
      [
        "rule",
        "by default",
        "attacks it is made for",
        "found",
        "true alarms",
        "false alarms",
        "false per 1,000 token-days",
      ],
      ruleRows(simulated).map((row) => [
        `\`${row.rule}\``,
        DEFAULT_WATCH_POLICY.rules[row.rule],
        row.attacks,
        row.caught,
        row.trueAlarms,
        row.falseAlarms,
        row.falsePerThousandDays.toFixed(1),
      ]),
    ),
    table(
      ["attack", "tokens", "found by the rule made for it", "found by any rule"],
      attackRows(simulated).map(({ name, victims, byItsRule, byAnyRule }) => [
        name,
        victims,
        byItsRule,
        byAnyRule,
      ]),
    ),
    table(["honest use", "token-days", "false alarms"], habitRows(simulated)),
  ].join("\n\n");
}

function habitRows({ tokens, alarms }: Simulated): readonly (readonly (string | number)[])[] {
  return HABITS.map(([habit]) => {
    const used = tokens.filter((token) => token.habit === habit);
    const days = used.reduce((sum, token) => sum + token.days, 0);
    const wrong = alarms.filter((alarm) => !alarm.isTrue && alarm.token.habit === habit);
    const byRule = [...Map.groupBy(wrong, ({ rule }) => rule)].map(
      ([rule, raised]) => `${raised.length} \`${rule}\``,
    );
    return [habit, days, byRule.length === 0 ? "none" : byRule.join(", ")];
  });
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
