import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { formOf, queryOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import type { Issue } from "./acts/act.ts";
import { setTokenRules, tokenRulesNow } from "./acts/set-token-rules.ts";
import { RULE_NUMBERS, type TokenRulesFields, tokenRulesFields } from "./acts/token-rules-input.ts";
import {
  type AdminParts,
  actorOf,
  adminForm,
  answerAct,
  line,
  ownForm,
  sendAdminPage,
} from "./owner-endpoint.ts";

const PATH = "/tokens/rules";

const text = line(20).transform((value) => value ?? "");
const rulesForm = adminForm({
  /** What the page was made of: a form must not undo what another owner has changed since. */
  version: z.string().regex(/^\d{1,16}$/),
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
  const router = Router();
  router.get(PATH, async (request, response) => {
    await show(parts, request, response);
  });
  router.post(PATH, ownForm(parts), async (request: Request, response: Response) => {
    const { csrf: _, version, ...typed } = readForm(formOf(request), rulesForm);
    const result = await setTokenRules(parts.acts, actorOf(request), typed, Number(version));
    if (!result.ok && result.issues !== undefined) {
      await show(parts, request, response, { typed, version, issues: result.issues });
    } else {
      answerAct(parts, request, response, result, `${PATH}?changed`);
    }
  });
  return router;
}

async function show(
  parts: AdminParts,
  request: Request,
  response: Response,
  wrong?: { readonly typed: TokenRulesFields; readonly version: string; readonly issues: readonly Issue[] },
): Promise<void> {
  const { rules, updatedAtMs } = await tokenRulesNow(parts.acts);
  sendAdminPage(parts, request, response, {
    view: "token-rules",
    status: wrong === undefined ? 200 : 400,
    data: {
      fields: wrong?.typed ?? tokenRulesFields(rules),
      version: wrong?.version ?? String(updatedAtMs ?? 0),
      updatedAtMs,
      bounds: RULE_NUMBERS,
      wrong: Object.fromEntries((wrong?.issues ?? []).map(({ field, text: what }) => [field, what])),
      isChanged: wrong === undefined && queryOf(request).has("changed"),
    },
  });
}
