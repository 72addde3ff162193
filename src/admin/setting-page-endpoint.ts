import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { formOf, queryOf } from "../http/form-body.ts";
import type { Parameters } from "../http/parameters.ts";
import type { Actor } from "./actor.ts";
import type { ActParts, ActResult, Issue } from "./acts/act.ts";
import { type AdminParts, actorOf, answerAct, ownForm, sendAdminPage } from "./owner-endpoint.ts";

/** What the page was made of: a form must not undo what another owner has changed since. */
export const settingVersion = z.string().regex(/^\d{1,16}$/);

/** What was typed, and the version of the setting that the page showed. */
export interface TypedSetting<Fields> {
  readonly version: string;
  readonly typed: Fields;
}

/** One setting of the organisation that owners change on a page of its own. */
export interface SettingPage<Fields> {
  /** Below the administration. */
  readonly path: string;
  /** In views/admin. */
  readonly view: string;
  /** Throws `BodyRefused` for what is not the page's form. */
  readonly read: (form: Parameters) => TypedSetting<Fields>;
  readonly now: (
    parts: ActParts,
  ) => Promise<{ readonly fields: Fields; readonly updatedAtMs: number | undefined }>;
  readonly set: (
    parts: ActParts,
    actor: Actor,
    typed: Fields,
    seenAtMs: number,
  ) => Promise<ActResult<unknown>>;
  /** What the view is given besides. */
  readonly data?: object;
}

/** GET shows the setting, POST changes it; what was refused is shown again as it was typed. */
export function settingPage<Fields>(parts: AdminParts, page: SettingPage<Fields>): Router {
  const router = Router();
  router.get(page.path, async (request, response) => {
    await show(parts, page, request, response);
  });
  router.post(page.path, ownForm(parts), async (request: Request, response: Response) => {
    const { version, typed } = page.read(formOf(request));
    const result = await page.set(parts.acts, actorOf(request), typed, Number(version));
    if (!result.ok && result.issues !== undefined) {
      await show(parts, page, request, response, { typed, version, issues: result.issues });
    } else {
      answerAct(parts, request, response, result, `${page.path}?changed`);
    }
  });
  return router;
}

async function show<Fields>(
  parts: AdminParts,
  page: SettingPage<Fields>,
  request: Request,
  response: Response,
  wrong?: TypedSetting<Fields> & { readonly issues: readonly Issue[] },
): Promise<void> {
  const { fields, updatedAtMs } = await page.now(parts.acts);
  sendAdminPage(parts, request, response, {
    view: page.view,
    status: wrong === undefined ? 200 : 400,
    data: {
      ...page.data,
      fields: wrong?.typed ?? fields,
      version: wrong?.version ?? String(updatedAtMs ?? 0),
      updatedAtMs,
      // The first sentence of each field: the fields are short, and the next one shows when this is right.
      wrong: Object.fromEntries((wrong?.issues ?? []).toReversed().map(({ field, text }) => [field, text])),
      isChanged: wrong === undefined && queryOf(request).has("changed"),
    },
  });
}
