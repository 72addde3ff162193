import { z } from "zod";
import type { SettingName, SettingValues, StoredSettings } from "../model/settings.ts";
import { readJson } from "./kysely/columns.ts";
import type { SettingsTable } from "./kysely/database.ts";
import { tokenRulesOf } from "../tokens/token-rules.ts";

const text = z.string().optional();

const Organisation = z.object({
  language: z.string().default("en"),
  name: text,
  displayName: text,
  url: text,
  serviceName: text,
  description: text,
  logo: z.object({ url: z.string(), width: z.number(), height: z.number() }).optional(),
  privacyUrl: text,
  termsUrl: text,
  documentationUrl: text,
  errorUrl: text,
  scopes: z.array(z.string()).default([]),
  contacts: z
    .array(z.object({ kind: z.enum(["technical", "support", "security"]), name: text, email: z.string() }))
    .default([]),
});

const KeyRollover = z.object({
  rotateEveryDays: z.number().optional(),
  slowestReaderHours: z.number(),
});

const SCHEMAS: { readonly [N in Exclude<SettingName, "token-rules">]: z.ZodType<SettingValues[N]> } = {
  organisation: Organisation,
  "key-rollover": KeyRollover,
};

/** Throws `BrokenRecord` naming the setting. A name that this version does not know is left alone. */
export function settingsFromRows(rows: readonly SettingsTable[]): StoredSettings {
  const read = <N extends keyof typeof SCHEMAS>(name: N) => {
    const row = rows.find((one) => one.name === name);
    if (row === undefined) return undefined;
    const value: SettingValues[N] = readJson(SCHEMAS[name], row.value, `setting ${name}`);
    return { value, updatedAtMs: row.updated_at_ms };
  };
  const rules = rows.find(({ name }) => name === "token-rules");
  return {
    organisation: read("organisation"),
    "key-rollover": read("key-rollover"),
    "token-rules": rules && { value: tokenRulesOf(rules.value), updatedAtMs: rules.updated_at_ms },
  };
}
