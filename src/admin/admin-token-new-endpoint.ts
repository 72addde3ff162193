import { type Request, type Response, Router } from "express";
import { z } from "zod";
import type { TokenDraft } from "../account/token-drafts.ts";
import {
  emptyTokenForm,
  inputOf,
  lifetimes,
  METHODS,
  readTokenForm,
  type TokenForm,
  wrongFields,
} from "../account/token-form.ts";
import { draftGone } from "../account/token-problems.ts";
import { plainWords, planWarning } from "../account/token-words.ts";
import { formOf, queryOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import { NewTokenInput, readInput } from "../tokens/token-input.ts";
import { longestLifeMs } from "../tokens/token-policy.ts";
import { nameOwner } from "./admin-token-owner.ts";
import {
  adminTokenActor,
  isFreshOwner,
  ownerNameParts,
  sendTokenRefused,
} from "./admin-token-page-endpoint.ts";
import { ADMIN_PATH, adminForm, type AdminParts, ownerOf, ownForm, sendAdminPage } from "./owner-endpoint.ts";

const PATH = "/tokens/new";
const MORE_FIELDS = ["kind", "application", "project"];

/** For whom the token is: what the first page asks, in its address. */
const forWhom = z.object({
  kind: z.enum(["key", "svc"]).default("key").catch("key"),
  application: z.string().max(200).default("").catch(""),
  project: z.string().max(200).default("").catch(""),
});

const emptyForm = adminForm({});

type ForWhom = z.infer<typeof forWhom>;
type Wrong = Readonly<Record<string, string>>;
type Draft = TokenDraft & { readonly owner: NonNullable<TokenDraft["owner"]> };
type OneDraft = Request<{ draft: string }>;

/** A new API key or service token in three steps, as people make their own. */
export function adminTokenNewEndpoint(parts: AdminParts): Router {
  const router = Router();
  router.get(PATH, async (request, response) => {
    const given = readForm(queryOf(request), forWhom);
    const empty = emptyTokenForm(longestLifeMs(parts.tokenPages.tokenPolicy, given.kind));
    await showForm(parts, request, response, given, empty);
  });
  router.post(PATH, ownForm(parts), async (request: Request, response: Response) => {
    await receiveForm(parts, request, response);
  });
  router.get(`${PATH}/:draft`, async (request, response) => {
    await showSummary(parts, request, response);
  });
  router.get(`${PATH}/:draft/edit`, async (request, response) => {
    const draft = await draftOf(parts, request, response);
    if (draft === undefined) return;
    await showForm(parts, request, response, whomOf(draft), draft.form);
  });
  router.post(`${PATH}/:draft`, ownForm(parts), async (request: OneDraft, response: Response) => {
    await make(parts, request, response);
  });
  return router;
}

function whomOf({ kind, owner }: Draft): ForWhom {
  const { id } = owner;
  return {
    kind: kind === "svc" ? "svc" : "key",
    application: owner.kind === "application" ? id : "",
    project: owner.kind === "project" ? id : "",
  };
}

/** A service is an application; a key may also name a project. undefined: both, or none. */
function ownerOfDraft({ kind, application, project }: ForWhom): Draft["owner"] | undefined {
  const name = project.trim();
  if (application !== "" && name !== "") return undefined;
  if (application !== "") return { kind: "application", id: application };
  return kind === "key" && name !== "" ? { kind: "project", id: name } : undefined;
}

async function showForm(
  parts: AdminParts,
  request: Request,
  response: Response,
  given: ForWhom,
  form: TokenForm,
  wrong: Wrong = {},
): Promise<void> {
  const { tokens, tokenPolicy } = parts.tokenPages;
  const owner = ownerOfDraft(given) ?? ({ kind: "project", id: "" } as const);
  // A service's scopes hang on its registration: they can be offered when it is chosen.
  const offered =
    given.kind === "svc" && given.application === "" ? [] : await tokens.offers(given.kind, owner);
  sendAdminPage(parts, request, response, {
    view: "token-new",
    status: Object.keys(wrong).length === 0 ? 200 : 400,
    data: {
      given,
      form,
      wrong,
      offered,
      applications: applicationChoices(parts, given.kind),
      lifetimes: lifetimes(longestLifeMs(tokenPolicy, given.kind)),
      allMethods: METHODS,
    },
  });
}

function applicationChoices({ applications }: AdminParts, kind: "key" | "svc") {
  return applications
    .all()
    .filter((one) => kind === "key" || (one.protocol === "oidc" && one.profile === "service"))
    .map(({ id, name }) => [id, name] as const)
    .toSorted(([, a], [, b]) => a.localeCompare(b));
}

async function receiveForm(parts: AdminParts, request: Request, response: Response): Promise<void> {
  const parameters = formOf(request);
  const form = readTokenForm(parameters, MORE_FIELDS);
  const given = forWhom.parse(Object.fromEntries(MORE_FIELDS.map((name) => [name, parameters.get(name)])));
  const owner = ownerOfDraft(given);
  const read = await readWanted(parts, { form, kind: given.kind, owner });
  const wrong = {
    ...(read.ok ? {} : wrongFields(read.issues)),
    ...(owner === undefined ? { owner: "Say whose it is: one application, or one project." } : {}),
  };
  if (owner === undefined || !read.ok) {
    await showForm(parts, request, response, given, form, wrong);
    return;
  }
  const id = await parts.tokenPages.drafts.put(ownerOf(request).id, { form, kind: given.kind, owner });
  parts.replySender.outcome(request, response, { kind: "go", to: `${ADMIN_PATH}${PATH}/${id}` });
}

async function readWanted(parts: AdminParts, draft: TokenDraft) {
  return readInput(NewTokenInput, await inputOfDraft(parts, draft));
}

async function inputOfDraft({ tokenPages, acts }: AdminParts, { form, kind, owner }: TokenDraft) {
  const offers = owner === undefined ? [] : await tokenPages.tokens.offers(kind, owner);
  return inputOf(form, offers, { kind, owner, nowMs: acts.clock.nowMs() });
}

function draftId({ params }: OneDraft): string {
  return /^[\w-]{43}$/.test(params.draft) ? params.draft : "none";
}

async function draftOf(parts: AdminParts, request: OneDraft, response: Response): Promise<Draft | undefined> {
  const draft = await parts.tokenPages.drafts.read(draftId(request), ownerOf(request).id);
  if (draft?.owner !== undefined && draft.kind !== "pat") return { ...draft, owner: draft.owner };
  parts.replySender.problem(request, response, draftGone());
  return undefined;
}

async function showSummary(parts: AdminParts, request: OneDraft, response: Response): Promise<void> {
  const id = draftId(request);
  if (!isFreshOwner(parts, request, response, `${PATH}/${id}`)) return;
  const draft = await draftOf(parts, request, response);
  if (draft === undefined) return;
  const read = await readWanted(parts, draft);
  if (!read.ok) {
    await showForm(parts, request, response, whomOf(draft), draft.form, wrongFields(read.issues));
    return;
  }
  const { name, limits, expiresAtMs } = read.value;
  const { kind, owner } = draft;
  const { name: ownerName } = await nameOwner(ownerNameParts(parts), owner);
  const planned = { kind, owner, ownerName, limits, expiresAtMs };
  const offers = await parts.tokenPages.tokens.offers(kind, owner);
  sendAdminPage(parts, request, response, {
    view: "token-summary",
    data: { name, draft: id, lines: plainWords(planned, offers), warning: planWarning(planned) },
  });
}

async function make(parts: AdminParts, request: OneDraft, response: Response): Promise<void> {
  readForm(formOf(request), emptyForm);
  const id = draftId(request);
  if (!isFreshOwner(parts, request, response, `${PATH}/${id}`)) return;
  const draft = await draftOf(parts, request, response);
  if (draft === undefined) return;
  const taken = await parts.tokenPages.drafts.take(id, ownerOf(request).id);
  if (taken === undefined) {
    parts.replySender.problem(request, response, draftGone());
    return;
  }
  const result = await parts.tokenPages.tokens.create(
    adminTokenActor(request),
    await inputOfDraft(parts, draft),
  );
  if (result.ok) {
    const { token, secret } = result;
    sendAdminPage(parts, request, response, {
      view: "token-made",
      data: { token, secret, nowMs: parts.acts.clock.nowMs() },
    });
    return;
  }
  if (result.code === "invalid") {
    const wrong = wrongFields(result.issues ?? []);
    await showForm(parts, request, response, whomOf(draft), draft.form, wrong);
    return;
  }
  sendTokenRefused(parts, request, response, result, PATH);
}
