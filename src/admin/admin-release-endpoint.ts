import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { canonicalLoginName } from "../account/login-name.ts";
import { printSource } from "../flow/release-expression.ts";
import { formOf, queryOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import type { Application } from "../model/application.ts";
import type { ReleaseRule } from "../model/release.ts";
import { DEFAULT_CLAIMS } from "../oidc/default-claims.ts";
import { NAME_ID_FORMATS } from "../saml/name-id.ts";
import { DEFAULT_RELEASE, RELEASE_PROFILES, type ReleaseProfile } from "../saml/release-profiles.ts";
import type { Refused } from "./acts/act.ts";
import { changeRelease, MOST_RULES, type ReleaseRow } from "./acts/change-release.ts";
import { changeSamlSettings } from "./acts/change-saml-settings.ts";
import {
  type AdminParts,
  actorOf,
  adminForm,
  answerAct,
  checkBox,
  line,
  ownForm,
  sendAdminPage,
} from "./owner-endpoint.ts";
import { noSuch } from "./problems.ts";
import { releasePreview } from "./release-preview.ts";

type OneApplication = Request<{ id: string }>;

const EMPTY_ROWS = 3;
const count = z.coerce
  .number()
  .int()
  .min(0)
  .max(MOST_RULES + EMPTY_ROWS);
const profileForm = adminForm({ profile: z.string().max(50) });
const PROFILES: Readonly<Record<string, ReleaseProfile>> = RELEASE_PROFILES;

/** /admin/applications/:id/release: the mapping in plain rows, ready-made ones, and what an account would send. */
export function adminReleaseEndpoint(parts: AdminParts): Router {
  const router = Router();
  const path = "/applications/:id/release";
  router.get(path, async (request: OneApplication, response: Response) => {
    await show(parts, request, response);
  });
  router.post(path, ownForm(parts), async (request: OneApplication, response: Response) => {
    const rows = readRows(request);
    const result = await changeRelease(parts.acts, actorOf(request), request.params.id, rows);
    if (!result.ok && result.code === "invalid") await show(parts, request, response, rows, result);
    else answerAct(parts, request, response, result, `/applications/${request.params.id}/release`);
  });
  router.post(`${path}/profile`, ownForm(parts), async (request: OneApplication, response: Response) => {
    await useProfile(parts, request, response);
  });
  return router;
}

/** The rows that say something; an empty name is a row that is not there. */
function readRows(request: OneApplication): readonly ReleaseRow[] {
  const form = formOf(request);
  const total = count.safeParse(form.get("rows") ?? "0").data ?? 0;
  const indexes = Array.from({ length: total }, (_, index) => index);
  const shape: Record<string, z.ZodType> = { rows: count };
  for (const index of indexes) {
    for (const field of ["name", "source", "format", "friendly", "scope"])
      shape[`${field}-${index}`] = line(1000);
    shape[`multi-${index}`] = checkBox;
  }
  const read: Readonly<Record<string, unknown>> = readForm(form, adminForm(shape));
  const text = (field: string, index: number) => {
    const value = read[`${field}-${index}`];
    return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
  };
  return indexes
    .filter((index) => text("name", index) !== undefined || text("source", index) !== undefined)
    .map((index) => ({
      name: text("name", index) ?? "",
      source: text("source", index) ?? "",
      nameFormat: text("format", index),
      friendlyName: text("friendly", index),
      scope: text("scope", index),
      multiValued: read[`multi-${index}`] === true ? true : undefined,
    }));
}

/** A ready-made mapping, with the NameID format that the product expects. */
async function useProfile(parts: AdminParts, request: OneApplication, response: Response): Promise<void> {
  const { profile: wanted } = readForm(formOf(request), profileForm);
  const { id } = request.params;
  const profile = Object.hasOwn(PROFILES, wanted) ? PROFILES[wanted] : undefined;
  if (profile === undefined && wanted !== "default") {
    parts.replySender.problem(request, response, noSuch("application"));
    return;
  }
  const result = await changeRelease(parts.acts, actorOf(request), id, (profile?.rules ?? []).map(rowOf));
  const format = NAME_ID_FORMATS.find((known) => known === profile?.nameIdFormat);
  if (result.ok && format !== undefined) {
    const acts = { ...parts.acts, keyRing: parts.keyRing };
    const settings = await changeSamlSettings(acts, actorOf(request), id, { nameIdFormat: format });
    answerAct(parts, request, response, settings, `/applications/${id}/release`);
    return;
  }
  answerAct(parts, request, response, result, `/applications/${id}/release`);
}

async function show(
  parts: AdminParts,
  request: OneApplication,
  response: Response,
  typed?: readonly ReleaseRow[],
  wrong?: Refused,
): Promise<void> {
  const application = await parts.acts.store.applications.get(request.params.id);
  if (application === undefined) {
    parts.replySender.problem(request, response, noSuch("application"));
    return;
  }
  const { id, name, protocol, release } = application;
  const rows = typed ?? (release.length > 0 ? release : readyMade(application)).map(rowOf);
  const profiles = Object.entries(protocol === "saml" ? PROFILES : {});
  sendAdminPage(parts, request, response, {
    view: "release",
    status: wrong === undefined ? 200 : 400,
    data: {
      application: { id, name, protocol },
      isReadyMade: typed === undefined && release.length === 0,
      rows: [...rows, ...Array.from({ length: Math.min(EMPTY_ROWS, MOST_RULES - rows.length) }, () => ({}))],
      profiles: profiles.map(([key, { title }]) => ({ key, title })),
      wrong: Object.fromEntries((wrong?.issues ?? []).map(({ field, text }) => [field, text])),
      refusal: wrong?.message,
      ...(await previewOf(parts, request, application)),
    },
  });
}

async function previewOf(
  parts: AdminParts,
  request: OneApplication,
  application: Application,
): Promise<object> {
  const typed = queryOf(request).get("account") ?? "";
  if (typed === "") return { account: "", preview: undefined };
  const account = await parts.acts.store.accounts.findByLoginName(canonicalLoginName(typed));
  if (account === undefined) return { account: typed, nobody: true, preview: undefined };
  return { account: typed, preview: releasePreview(parts, application, account) };
}

function readyMade({ protocol }: Application): readonly ReleaseRule[] {
  return protocol === "saml" ? DEFAULT_RELEASE : DEFAULT_CLAIMS;
}

function rowOf({ source, ...rule }: ReleaseRule): ReleaseRow {
  return { ...rule, source: printSource(source) };
}
