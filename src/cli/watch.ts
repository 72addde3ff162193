import { setTokenRules, tokenRulesNow } from "../admin/acts/set-token-rules.ts";
import { type TokenRulesFields, tokenRulesFields } from "../admin/acts/token-rules-input.ts";
import type { TokenRules } from "../model/settings.ts";
import { type Command, RefusedInput, UsageError } from "./command.ts";
import { withInstallation } from "./installation.ts";
import { readOptions } from "./options.ts";

/** Each option with the field that it sets. */
const FIELDS = {
  "new-network": "new-network",
  "many-networks": "many-networks",
  "rate-jump": "rate-jump",
  "dead-token": "dead-token",
  "scope-probing": "scope-probing",
  leaked: "leaked",
  "throttle-per-minute": "throttlePerMinute",
  "throttle-minutes": "throttleMinutes",
  "kept-days": "keptDays",
  "notice-days": "expiryNoticeDays",
  "longest-pat-days": "patDays",
  "longest-key-days": "keyDays",
  "longest-svc-days": "svcDays",
} as const satisfies Readonly<Record<string, keyof TokenRulesFields>>;

const text = { type: "string" } as const;
const OPTIONS = {
  "new-network": text,
  "many-networks": text,
  "rate-jump": text,
  "dead-token": text,
  "scope-probing": text,
  leaked: text,
  "throttle-per-minute": text,
  "throttle-minutes": text,
  "kept-days": text,
  "notice-days": text,
  "longest-pat-days": text,
  "longest-key-days": text,
  "longest-svc-days": text,
} as const satisfies Readonly<Record<keyof typeof FIELDS, object>>;

export const watchSet: Command = {
  name: "watch set",
  summary: "what happens when API tokens are used unusually, and how long they live",
  help: `Usage: gatehouse watch set [options]

What is not named stays as it is. An ACTION is off, notify, throttle, suspend or revoke.

  --new-network ACTION           first use from a network that the token never had
  --many-networks ACTION         use from many networks at once
  --rate-jump ACTION             far more use than before
  --dead-token ACTION            use after its end
  --scope-probing ACTION         trying out rights that it lacks
  --leaked ACTION                somebody reported that it lies in the open
  --throttle-per-minute N        uses a minute that a throttled token has left, 1 to 1000
  --throttle-minutes N           for so long, 1 to 1440
  --kept-days N                  how long counts of use and notices are kept, 31 to 400
  --notice-days N                how long before a token's end its owner is told, 1 to 60
  --longest-pat-days N           how long a personal access token may live, 1 to 366
  --longest-key-days N           an API key
  --longest-svc-days N           a service token

Tokens that exist keep their end. Prints the rules as JSON.
`,
  async run(args, { environment, user }) {
    const { values } = readOptions(args, OPTIONS, undefined);
    const changes = Object.fromEntries(
      Object.entries(FIELDS).flatMap(([option, field]) => {
        const value = values[option as keyof typeof FIELDS];
        return value === undefined ? [] : [[field, value] as const];
      }),
    );
    if (Object.keys(changes).length === 0) throw new UsageError("say what is to be changed");
    return await withInstallation({ environment, user }, async ({ acts, actor }) => {
      const result = await setTokenRules(acts, actor, changes);
      if (!result.ok) throw new RefusedInput(named(result.message));
      return shown(result.rules);
    });
  },
};

export const watchShow: Command = {
  name: "watch show",
  summary: "the rules of the watch over API tokens",
  help: `Usage: gatehouse watch show

Prints the rules as JSON, by the names of the options of "gatehouse watch set".
`,
  async run(args, { environment, user }) {
    readOptions(args, {}, undefined);
    return await withInstallation({ environment, user }, async ({ acts }) => {
      return shown((await tokenRulesNow(acts)).rules);
    });
  },
};

/** The act speaks of its fields; whoever types knows the options. */
function named(message: string): string {
  return Object.entries(FIELDS).reduce(
    (line, [option, field]) => line.replaceAll(new RegExp(`(^|\\. )${field}:`, "g"), `$1--${option}:`),
    message,
  );
}

function shown(rules: TokenRules): object {
  const fields = tokenRulesFields(rules);
  return Object.fromEntries(
    Object.entries(FIELDS).map(([option, field]) => {
      const value = fields[field];
      return [option, /^\d+$/.test(value) ? Number(value) : value];
    }),
  );
}
