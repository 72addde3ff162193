import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { formOf, queryOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import type { Issue } from "./acts/act.ts";
import { fieldsOf, type OrganisationFields } from "./acts/organisation-input.ts";
import { organisationNow, setOrganisation } from "./acts/set-organisation.ts";
import {
  type AdminParts,
  actorOf,
  adminForm,
  answerAct,
  line,
  ownForm,
  sendAdminPage,
} from "./owner-endpoint.ts";

const PATH = "/organisation";

const text = line(4_000).transform((value) => value ?? "");
const organisationForm = adminForm({
  /** What the page was made of: a form must not undo what another owner has changed since. */
  version: z.string().regex(/^\d{1,16}$/),
  language: text,
  name: text,
  displayName: text,
  url: text,
  serviceName: text,
  description: text,
  logoUrl: text,
  logoWidth: text,
  logoHeight: text,
  privacyUrl: text,
  termsUrl: text,
  documentationUrl: text,
  errorUrl: text,
  scopes: line(20_000).transform((value) => value ?? ""),
  technicalName: text,
  technicalEmail: text,
  supportName: text,
  supportEmail: text,
  securityName: text,
  securityEmail: text,
});

/** /admin/organisation: how our metadata, discovery and pages name the organisation. */
export function adminOrganisationEndpoint(parts: AdminParts): Router {
  const router = Router();
  router.get(PATH, async (request, response) => {
    await show(parts, request, response);
  });
  router.post(PATH, ownForm(parts), async (request: Request, response: Response) => {
    const { csrf: _, version, ...typed } = readForm(formOf(request), organisationForm);
    const result = await setOrganisation(parts.acts, actorOf(request), typed, Number(version));
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
  wrong?: { readonly typed: OrganisationFields; readonly version: string; readonly issues: readonly Issue[] },
): Promise<void> {
  const { organisation, updatedAtMs } = await organisationNow(parts.acts);
  sendAdminPage(parts, request, response, {
    view: "organisation",
    status: wrong === undefined ? 200 : 400,
    data: {
      fields: wrong?.typed ?? fieldsOf(organisation),
      version: wrong?.version ?? String(updatedAtMs ?? 0),
      updatedAtMs,
      // The first sentence of each field: the fields are short, and the next one shows when this is right.
      wrong: Object.fromEntries((wrong?.issues ?? []).toReversed().map(({ field, text }) => [field, text])),
      isChanged: wrong === undefined && queryOf(request).has("changed"),
    },
  });
}
