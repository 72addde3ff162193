import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { browserOf } from "../http/browser.ts";
import { CSRF_FIELD } from "../http/csrf.ts";
import { BodyRefused, formOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import { type MultipartForm, readMultipart } from "../http/multipart.ts";
import { staleForm } from "../http/problems.ts";
import { readServiceProvider } from "../saml/register-service-provider.ts";
import { registerServiceProvider } from "./acts/register-service-provider.ts";
import { readGroups } from "./group-names.ts";
import { checkPage } from "./metadata-check.ts";
import { dropDraft, findDraft, keepDraft, type MetadataDraft } from "./metadata-drafts.ts";
import {
  type AdminParts,
  actorOf,
  adminForm,
  answerAct,
  checkBox,
  line,
  ownerOf,
  ownForm,
  sendAdminPage,
} from "./owner-endpoint.ts";
import { draftGone } from "./problems.ts";

const NEW = "/applications/new";
/** The metadata reader's own limit, and a little for the form around it. */
const UPLOAD_LIMIT_BYTES = 10 * 1_048_576 + 65_536;

const draftFields = { draft: z.string().regex(/^[\w-]{43}$/), entityId: z.string().max(1_024) };
const chooseForm = adminForm(draftFields);
const registerForm = adminForm({
  ...draftFields,
  name: line(),
  groups: line(20_000),
  requestsMustBeSigned: checkBox,
  encryptAssertion: checkBox,
  signResponse: checkBox,
  replace: checkBox,
});

/** What is on the check page beside the file. */
interface Check {
  readonly draft: MetadataDraft;
  /** Which one of the file; undefined: its only one. */
  readonly entityId?: string | undefined;
  /** Where the draft is kept already. */
  readonly draftId?: string | undefined;
  /** Why it was not registered after all. */
  readonly wrong?: string | undefined;
}

/**
 * Registering a service provider: hand over its metadata (a file, or pasted), look at what was made of it line by line,
 * and then register it.
 */
export function adminMetadataEndpoint(parts: AdminParts): Router {
  const router = Router();
  router.get(NEW, (request, response) => {
    showNew(parts, request, response);
  });
  router.post(`${NEW}/check`, async (request, response) => {
    await receiveFile(parts, request, response);
  });
  router.post(`${NEW}/choose`, ownForm(parts), async (request: Request, response: Response) => {
    const { draft: draftId, entityId } = readForm(formOf(request), chooseForm);
    const draft = await findDraft(parts.volatile, draftId, ownerOf(request).id);
    if (draft === undefined) parts.replySender.problem(request, response, draftGone());
    else await showCheck(parts, request, response, { draft, draftId, entityId });
  });
  router.post(`${NEW}/register`, ownForm(parts), async (request: Request, response: Response) => {
    await register(parts, request, response);
  });
  return router;
}

function showNew(parts: AdminParts, request: Request, response: Response, wrong?: string): void {
  const status = wrong === undefined ? 200 : 400;
  sendAdminPage(parts, request, response, { view: "application-new", status, data: { wrong } });
}

async function receiveFile(parts: AdminParts, request: Request, response: Response): Promise<void> {
  const form = await readMultipart(request, UPLOAD_LIMIT_BYTES);
  if (parts.csrf.check(request, browserOf(request), form.fields.get(CSRF_FIELD)) !== "ours") {
    parts.replySender.problem(request, response, staleForm());
    return;
  }
  const { bytes, wrong } = metadataOf(form);
  if (wrong !== undefined) {
    showNew(parts, request, response, wrong);
    return;
  }
  // Bytes that are no UTF-8 are refused by the reader in its own words; the text then only serves for that.
  const draft = { xml: bytes.toString("utf8"), fileName: form.file?.name };
  const text = Buffer.from(draft.xml);
  if (text.equals(bytes)) await showCheck(parts, request, response, { draft });
  else showReport(parts, request, response, bytes, draft.fileName);
}

/** The metadata out of the form: the file or the pasted text, and exactly one of them. */
function metadataOf({ fields, file }: MultipartForm): { bytes: Buffer; wrong?: string } {
  const known = [...fields.keys()].every((name) => name === CSRF_FIELD || name === "xml");
  if (!known || (file !== undefined && file.field !== "file")) {
    throw new BodyRefused(400, "the form is not one of ours");
  }
  const pasted = fields.get("xml")?.trim() ?? "";
  const bytes = file?.bytes ?? Buffer.from(pasted);
  if (file !== undefined && pasted !== "")
    return { bytes, wrong: "Choose a file or paste its text, not both." };
  return bytes.length === 0 ? { bytes, wrong: "Choose a file, or paste its text." } : { bytes };
}

async function showCheck(
  parts: AdminParts,
  request: Request,
  response: Response,
  check: Check,
): Promise<void> {
  const { draft, entityId, wrong } = check;
  const nowMs = parts.acts.clock.nowMs();
  const reading = readServiceProvider(draft.xml, { nowMs, entityId });
  const entityIds = reading.ok ? [] : reading.entityIds;
  if (!reading.ok && entityIds.length < 2) {
    showReport(parts, request, response, Buffer.from(draft.xml), draft.fileName);
    return;
  }
  const { volatile, acts } = parts;
  const draftId = check.draftId ?? (await keepDraft(volatile, acts.random, ownerOf(request).id, draft));
  const known = reading.ok ? parts.applications.samlByEntityId(reading.application.entityId) : undefined;
  sendAdminPage(parts, request, response, {
    view: "metadata-check",
    status: wrong === undefined ? 200 : 409,
    data: {
      ...checkPage(reading),
      fileName: draft.fileName,
      draftId,
      entityIds,
      known: known === undefined ? undefined : { id: known.id, name: known.name },
      wrong,
    },
  });
}

/** A file that cannot be registered: its report alone, and nothing kept. */
function showReport(
  parts: AdminParts,
  request: Request,
  response: Response,
  bytes: Buffer,
  fileName: string | undefined,
): void {
  const reading = readServiceProvider(bytes, { nowMs: parts.acts.clock.nowMs() });
  sendAdminPage(parts, request, response, {
    view: "metadata-check",
    status: 400,
    data: { ...checkPage(reading), fileName, entityIds: [] },
  });
}

async function register(parts: AdminParts, request: Request, response: Response): Promise<void> {
  const { draft: draftId, entityId, groups, csrf: _, ...said } = readForm(formOf(request), registerForm);
  const owner = ownerOf(request);
  const draft = await findDraft(parts.volatile, draftId, owner.id);
  if (draft === undefined) {
    parts.replySender.problem(request, response, draftGone());
    return;
  }
  const members = readGroups(groups ?? "");
  const result = await registerServiceProvider(parts.acts, actorOf(request), {
    ...said,
    xml: draft.xml,
    entityId,
    access: members.length === 0 ? undefined : { kind: "groups", groups: members },
  });
  if (!result.ok) {
    await showCheck(parts, request, response, { draft, draftId, entityId, wrong: result.message });
    return;
  }
  await dropDraft(parts.volatile, draftId, owner.id);
  answerAct(parts, request, response, result, `/applications/${result.application.id}?registered`);
}
