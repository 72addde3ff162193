import type { Router } from "express";
import { readForm } from "../http/form-fields.ts";
import { setTokenRules, tokenRulesNow } from "./acts/set-token-rules.ts";
import { RULE_NUMBERS, tokenRulesFields } from "./acts/token-rules-input.ts";
import { type AdminParts, adminForm, line } from "./owner-endpoint.ts";
import { settingPage, settingVersion } from "./setting-page-endpoint.ts";

const text = line(20).transform((value) => value ?? "");
const rulesForm = adminForm({
  version: settingVersion,
  "new-network": text,
  "many-networks": text,
  "rate-jump": text,
  "dead-token": text,
  "scope-probing": text,
  leaked: text,
  throttlePerMinute: text,
  throttleMinutes: text,
  keptDays: text,
  expiryNoticeDays: text,
  patDays: text,
  keyDays: text,
  svcDays: text,
});

/** /admin/tokens/rules: what the watch over API tokens does, and how long tokens may live. */
export function adminTokenRulesEndpoint(parts: AdminParts): Router {
  return settingPage(parts, {
    path: "/tokens/rules",
    view: "token-rules",
    read: (form) => {
      const { csrf: _, version, ...typed } = readForm(form, rulesForm);
      return { version, typed };
    },
    now: async (acts) => {
      const { rules, updatedAtMs } = await tokenRulesNow(acts);
      return { fields: tokenRulesFields(rules), updatedAtMs };
    },
    set: setTokenRules,
    data: { bounds: RULE_NUMBERS },
  });
}
