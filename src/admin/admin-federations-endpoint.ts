import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { browserOf } from "../http/browser.ts";
import { CSRF_FIELD } from "../http/csrf.ts";
import { BodyRefused, formOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import { type MultipartForm, readMultipart } from "../http/multipart.ts";
import { staleForm } from "../http/problems.ts";
import { checkFederation } from "./acts/check-federation.ts";
import { addFederation } from "./acts/federations.ts";
import { refreshFederation } from "./acts/refresh-federation.ts";
import { keepFederationDraft, takeFederationDraft } from "./federation-drafts.ts";
import { readForAWhile } from "./federation-reading.ts";
import { followersOf, stateOfFederation, voucherOf } from "./federation-view.ts";
import {
  ADMIN_PATH,
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

const PATH = "/federations";
const NEW = `${PATH}/new`;
/** What a page takes; a larger file comes from an address, or by the command. */
export const FILE_LIMIT_BYTES = 10 * 1_048_576;
/** One owner has one file checked at a time: reading it costs seconds. */
const CHECK_LEASE_MS = 20 * 60_000;

const newForm = adminForm({
  name: line(100).transform((value) => value ?? ""),
  url: line(2_000),
  pin: line(20_000),
  allowAllMembers: checkBox,
  xml: z.string().optional(),
});
type NewForm = z.output<typeof newForm>;
const addForm = adminForm({ draft: z.string().regex(/^[\w-]{43}$/) });

interface Wrong {
  readonly field: string;
  readonly message: string;
}

/** /admin/federations: the list, and a new one: said, looked at, and then added. */
export function adminFederationsEndpoint(parts: AdminParts): Router {
  const router = Router();
  router.get(PATH, async (request, response) => {
    await showList(parts, request, response);
  });
  router.get(NEW, (request, response) => {
    showNew(parts, request, response);
  });
  router.post(`${NEW}/check`, async (request, response) => {
    await receiveNew(parts, request, response);
  });
  router.post(`${NEW}/add`, ownForm(parts), async (request: Request, response: Response) => {
    await add(parts, request, response);
  });
  return router;
}

async function showList(parts: AdminParts, request: Request, response: Response): Promise<void> {
  const nowMs = parts.acts.clock.nowMs();
  const followers = followersOf(parts.applications.all());
  const rows = (await parts.acts.store.federations.all()).map((federation) => {
    const { id, name, url, lastFetchMs, copy, problem } = federation;
    const own = followers.get(id) ?? [];
    const state = stateOfFederation(federation, own, nowMs);
    const counts = { members: copy?.members, registered: own.length };
    return { id, name, url, lastFetchMs, ...counts, problem, state };
  });
  sendAdminPage(parts, request, response, { view: "federations", data: { rows } });
}

function showNew(
  parts: AdminParts,
  request: Request,
  response: Response,
  typed: Partial<NewForm> = {},
  wrong?: Wrong,
): void {
  sendAdminPage(parts, request, response, {
    view: "federation-new",
    status: wrong === undefined ? 200 : 400,
    data: { typed, wrong: wrong === undefined ? {} : { [wrong.field]: wrong.message } },
  });
}

async function receiveNew(parts: AdminParts, request: Request, response: Response): Promise<void> {
  const form = await readOwnUpload(parts, request, response);
  if (form === undefined) return;
  const typed = readFields(form);
  const { bytes, wrong } = fileOf(form, typed.url);
  const lease = `federation-check:${ownerOf(request).id}`;
  if (wrong !== undefined) {
    showNew(parts, request, response, typed, wrong);
  } else if (await parts.volatile.setIfAbsent(lease, "1", CHECK_LEASE_MS)) {
    try {
      await check(parts, request, response, typed, bytes);
    } finally {
      await parts.volatile.delete([lease]);
    }
  } else {
    const message = "Another file of yours is being checked. Wait for it.";
    showNew(parts, request, response, typed, { field: "url", message });
  }
}

/** The whole form, where it came from a page of ours; otherwise it was answered. */
export async function readOwnUpload(
  parts: AdminParts,
  request: Request,
  response: Response,
): Promise<MultipartForm | undefined> {
  const form = await readMultipart(request, FILE_LIMIT_BYTES + 65_536);
  if (parts.csrf.check(request, browserOf(request), form.fields.get(CSRF_FIELD)) === "ours") return form;
  parts.replySender.problem(request, response, staleForm());
  return undefined;
}

function readFields({ fields, file }: MultipartForm): NewForm {
  const read = newForm.safeParse(Object.fromEntries(fields));
  if (!read.success || (file !== undefined && file.field !== "file")) {
    throw new BodyRefused(400, "the form is not one of ours");
  }
  const { url, pin, ...rest } = read.data;
  return { ...rest, url: url?.trim() || undefined, pin: pin?.trim() || undefined };
}

/** The file that was handed over, or undefined where there is an address; exactly one of them. */
function fileOf(
  { fields, file }: MultipartForm,
  url: string | undefined,
): { readonly bytes?: Buffer | undefined; readonly wrong?: Wrong } {
  const pasted = fields.get("xml")?.trim() ?? "";
  const given = [url, file, pasted === "" ? undefined : pasted].filter((each) => each !== undefined);
  const message = "Give its address, choose a file, or paste its text: one of the three.";
  if (given.length !== 1) return { wrong: { field: given.length === 0 ? "url" : "file", message } };
  if (url !== undefined) return {};
  const bytes = file?.bytes ?? Buffer.from(pasted);
  const isText = Buffer.from(bytes.toString("utf8")).equals(bytes);
  return isText ? { bytes } : { wrong: { field: "file", message: "The file is not UTF-8." } };
}

async function check(
  parts: AdminParts,
  request: Request,
  response: Response,
  typed: NewForm,
  bytes: Buffer | undefined,
): Promise<void> {
  const { acts, outbound, volatile } = parts;
  const { name, url, pin, allowAllMembers } = typed;
  const input = { name, url, pin, allowAllMembers };
  const result = await checkFederation({ ...acts, outbound }, input, bytes && oneByOne(bytes));
  if (!result.ok) {
    showNew(parts, request, response, typed, { field: result.field ?? "url", message: result.message });
    return;
  }
  const { file } = result;
  const draft = { ...input, name: name.trim(), xml: bytes?.toString("utf8"), fileDigest: file.fileDigest };
  const draftId = await keepFederationDraft(volatile, acts.random, ownerOf(request).id, draft);
  const voucher = voucherOf({ url, pinnedCertificate: pin });
  const everyMs = file.nextDueMs - acts.clock.nowMs();
  const data = { name: draft.name, url, voucher, allowAllMembers, file, everyMs, draftId };
  sendAdminPage(parts, request, response, { view: "federation-check", data });
}

async function add(parts: AdminParts, request: Request, response: Response): Promise<void> {
  const { draft: draftId } = readForm(formOf(request), addForm);
  const draft = await takeFederationDraft(parts.volatile, draftId, ownerOf(request).id);
  if (draft === undefined) {
    parts.replySender.problem(request, response, draftGone());
    return;
  }
  const { acts, volatile, outbound } = parts;
  const { xml, fileDigest, ...input } = draft;
  const added = await addFederation(acts, actorOf(request), input);
  if (!added.ok) {
    answerAct(parts, request, response, added, PATH);
    return;
  }
  const { id } = added.federation;
  const given = xml === undefined ? undefined : oneByOne(Buffer.from(xml));
  const reading = refreshFederation({ ...acts, volatile, outbound }, actorOf(request), id, given);
  const outcome = await readForAWhile(reading);
  const now = await acts.store.federations.get(id);
  // Between the check and now the other side may have published another file.
  const isOther = now?.copy !== undefined && now.copy.fileDigest !== fileDigest;
  const told = isOther ? "changed" : outcome === "switched" ? "added" : outcome;
  const to = `${ADMIN_PATH}${PATH}/${id}?fetched=${told}`;
  parts.replySender.outcome(request, response, { kind: "go", to });
}

/** A file that is in memory, in pieces as one comes from elsewhere. */
export async function* oneByOne(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}
