import { type Request, type Response, Router } from "express";
import { formOf } from "../http/form-body.ts";
import { loggedIn, type LoggedIn } from "../http/logged-in.ts";
import type { TokenOffer } from "../tokens/api-tokens.ts";
import { NewTokenInput, readInput } from "../tokens/token-input.ts";
import { longestLifeMs } from "../tokens/token-policy.ts";
import type { TokenDraft } from "./token-drafts.ts";
import {
  emptyTokenForm,
  inputOf,
  lifetimes,
  METHODS,
  readTokenForm,
  type TokenForm,
  wrongFields,
} from "./token-form.ts";
import {
  freshlyLoggedIn,
  sendRefused,
  sendTokenPage,
  tokenActorOf,
  tokenForm,
  type TokenPageParts,
  TOKENS_PATH,
} from "./token-page-endpoint.ts";
import { draftGone } from "./token-problems.ts";
import { plainWords, planWarning } from "./token-words.ts";

const NEW_PATH = `${TOKENS_PATH}/new`;

type Wrong = Readonly<Record<string, string>>;

/**
 * A new token in three steps: what it may do; the same in plain words, behind a fresh login; the secret, once. What was
 * typed waits as a draft, so that the login in between loses nothing and the draft makes one token.
 */
export function tokenNewEndpoint(parts: TokenPageParts): Router {
  const router = Router();
  router.get(NEW_PATH, async (request, response) => {
    const person = loggedIn(parts.replySender, request, response, NEW_PATH);
    const empty = emptyTokenForm(longestLifeMs(parts.tokenPolicy, "pat"));
    if (person !== undefined) await showForm(parts, request, response, person, empty);
  });
  router.post(NEW_PATH, tokenForm(parts), async (request: Request, response: Response) => {
    await receiveForm(parts, request, response);
  });
  router.get(`${NEW_PATH}/:draft`, async (request, response) => {
    await showSummary(parts, request, response);
  });
  router.get(`${NEW_PATH}/:draft/edit`, async (request, response) => {
    await editDraft(parts, request, response);
  });
  router.post(`${NEW_PATH}/:draft`, tokenForm(parts), async (request: Request, response: Response) => {
    await make(parts, request, response);
  });
  return router;
}

async function showForm(
  parts: TokenPageParts,
  request: Request,
  response: Response,
  person: LoggedIn,
  form: TokenForm,
  wrong: Wrong = {},
): Promise<void> {
  const offers = await offersTo(parts, person);
  sendTokenPage(parts, request, response, person, {
    view: "tokens/new",
    status: Object.keys(wrong).length === 0 ? 200 : 400,
    data: {
      form,
      wrong,
      offered: offers,
      lifetimes: lifetimes(longestLifeMs(parts.tokenPolicy, "pat")),
      allMethods: METHODS,
    },
  });
}

async function offersTo({ tokens }: TokenPageParts, { account }: LoggedIn): Promise<readonly TokenOffer[]> {
  return await tokens.offers("pat", { kind: "account", id: account.id });
}

async function receiveForm(parts: TokenPageParts, request: Request, response: Response): Promise<void> {
  const person = loggedIn(parts.replySender, request, response, NEW_PATH);
  if (person === undefined) return;
  const form = readTokenForm(formOf(request));
  const input = inputOf(form, await offersTo(parts, person), { kind: "pat", nowMs: parts.clock.nowMs() });
  const read = readInput(NewTokenInput, input);
  if (!read.ok) {
    await showForm(parts, request, response, person, form, wrongFields(read.issues));
    return;
  }
  const id = await parts.drafts.put(person.account.id, { form, kind: "pat" });
  parts.replySender.outcome(request, response, { kind: "go", to: `${NEW_PATH}/${id}` });
}

/** The id of a draft, in the characters that a path of ours has. */
function draftId({ params }: Request): string {
  const { draft } = params;
  return typeof draft === "string" && /^[\w-]{43}$/.test(draft) ? draft : "none";
}

async function draftOf(
  parts: TokenPageParts,
  request: Request,
  response: Response,
  person: LoggedIn,
): Promise<TokenDraft | undefined> {
  const draft = await parts.drafts.read(draftId(request), person.account.id);
  if (draft?.kind === "pat") return draft;
  parts.replySender.problem(request, response, draftGone());
  return undefined;
}

async function editDraft(parts: TokenPageParts, request: Request, response: Response): Promise<void> {
  const person = loggedIn(parts.replySender, request, response, `${NEW_PATH}/${draftId(request)}/edit`);
  if (person === undefined) return;
  const draft = await draftOf(parts, request, response, person);
  if (draft !== undefined) await showForm(parts, request, response, person, draft.form);
}

async function showSummary(parts: TokenPageParts, request: Request, response: Response): Promise<void> {
  const id = draftId(request);
  const person = freshlyLoggedIn(parts, request, response, `${NEW_PATH}/${id}`);
  if (person === undefined) return;
  const draft = await draftOf(parts, request, response, person);
  if (draft === undefined) return;
  const offers = await offersTo(parts, person);
  const input = inputOf(draft.form, offers, { kind: "pat", nowMs: parts.clock.nowMs() });
  const read = readInput(NewTokenInput, input);
  if (!read.ok) {
    await showForm(parts, request, response, person, draft.form, wrongFields(read.issues));
    return;
  }
  const { name, limits, expiresAtMs } = read.value;
  const owner = { kind: "account", id: person.account.id } as const;
  const planned = { kind: "pat", owner, ownerName: person.account.username, limits, expiresAtMs } as const;
  sendTokenPage(parts, request, response, person, {
    view: "tokens/summary",
    data: { name, draft: id, lines: plainWords(planned, offers), warning: planWarning(planned) },
  });
}

async function make(parts: TokenPageParts, request: Request, response: Response): Promise<void> {
  const id = draftId(request);
  // Before the draft is taken: the login leads back to a draft that is still there.
  const person = freshlyLoggedIn(parts, request, response, `${NEW_PATH}/${id}`);
  if (person === undefined) return;
  const draft = await draftOf(parts, request, response, person);
  if (draft === undefined) return;
  const taken = await parts.drafts.take(id, person.account.id);
  if (taken === undefined) {
    parts.replySender.problem(request, response, draftGone());
    return;
  }
  const nowMs = parts.clock.nowMs();
  const input = inputOf(draft.form, await offersTo(parts, person), { kind: "pat", nowMs });
  const result = await parts.tokens.create(tokenActorOf(person), input);
  if (result.ok) {
    const { token, secret } = result;
    sendTokenPage(parts, request, response, person, { view: "tokens/made", data: { token, secret, nowMs } });
    return;
  }
  if (result.code === "invalid") {
    await showForm(parts, request, response, person, draft.form, wrongFields(result.issues ?? []));
    return;
  }
  sendRefused(parts, request, response, result, NEW_PATH);
}
