import { type Request, type RequestHandler, type Response, Router } from "express";
import { z } from "zod";
import { BodyRefused, formOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import { isFreshLogin, toFreshLogin } from "../http/fresh-login.ts";
import type { Parameters } from "../http/parameters.ts";
import type { ReplySender } from "../http/reply-sender.ts";
import type { Session } from "../model/session.ts";
import type { Clock } from "../platform/clock.ts";
import type { ApiTokens, TokenOffer } from "../tokens/api-tokens.ts";
import { limitChanges } from "../tokens/acts/limit-changes.ts";
import type { TokenActor, TokenFacts } from "../tokens/token-act.ts";
import { readInput, type TokenChange, TokenChangeInput } from "../tokens/token-input.ts";
import { DAY_MS, longestLifeMs, type TokenPolicy } from "../tokens/token-policy.ts";
import { changeWords } from "./token-change-words.ts";
import type { TokenChangeDraft, TokenDrafts } from "./token-drafts.ts";
import {
  changeOf,
  formOfToken,
  lifetimes,
  METHODS,
  readTokenForm,
  type TokenForm,
  wrongFields,
} from "./token-form.ts";
import { sendRefused } from "./token-page-endpoint.ts";
import { changeGone } from "./token-problems.ts";

/** A token on its page, and who stands before it. */
export interface OpenToken {
  readonly token: TokenFacts;
  readonly actor: TokenActor;
  /** Whose draft it is. */
  readonly accountId: string;
  readonly session: Session;
}

/** What the pages of people and those of administrators do in their own way. */
export interface TokenChangePages {
  /** Where the tokens are in this router, and in the browser's address without the base. */
  readonly at: string;
  readonly path: string;
  readonly guards: readonly RequestHandler[];
  readonly tokens: Pick<ApiTokens, "change" | "offers">;
  readonly changes: TokenDrafts<TokenChangeDraft>;
  readonly tokenPolicy: TokenPolicy;
  readonly replySender: ReplySender;
  readonly clock: Clock;
  /** undefined: the answer is sent. `path`: where the browser comes back to after a login. */
  readonly open: (request: Request, response: Response, path: string) => Promise<OpenToken | undefined>;
  readonly send: (request: Request, response: Response, page: ChangePage) => Promise<void> | void;
}

export interface ChangePage {
  readonly view: "change" | "change-summary";
  readonly status: number;
  readonly data: object;
}

interface Shown {
  readonly form: TokenForm;
  readonly wrong?: Readonly<Record<string, string>>;
  /** Why the form is here again. */
  readonly notice?: { readonly fact: string; readonly text: string };
  readonly status?: number;
}

const VERSION = /^[1-9]\d{0,14}$/;
const onlyCsrf = z.strictObject({ csrf: z.string() });

const CONFLICT = {
  notice: {
    fact: "The token was changed meanwhile, by somebody else or on another page",
    text: "Nothing was changed by you. What you typed stands below: sent again, it is compared with how the token is now.",
  },
  status: 409,
} as const;
const SAME = {
  notice: { fact: "Nothing is different from before", text: "Change something, or go back." },
  status: 400,
} as const;

/**
 * Another name, other limits or another end for a token: the form; what becomes wider and what narrower, behind a fresh
 * login where anything becomes wider; the token's page. What was typed waits as a draft meanwhile.
 */
export function tokenChangeEndpoint(pages: TokenChangePages): Router {
  const router = Router();
  const form = `${pages.at}/:id/change`;
  router.get(form, async (request, response) => {
    const open = await openUsable(pages, request, response, "/change");
    if (open !== undefined) await show(pages, request, response, open, { form: formOfToken(open.token) });
  });
  router.post(form, ...pages.guards, async (request: Request, response: Response) => {
    await receive(pages, request, response);
  });
  router.get(`${form}/:draft`, async (request, response) => {
    await summarise(pages, request, response);
  });
  router.post(`${form}/:draft`, ...pages.guards, async (request: Request, response: Response) => {
    await carryOut(pages, request, response);
  });
  return router;
}

/** The token of the address, where it has not ended; one that has is shown as it is. */
async function openUsable(pages: TokenChangePages, request: Request, response: Response, below: string) {
  const id = typeof request.params["id"] === "string" ? request.params["id"] : "";
  const open = await pages.open(request, response, `${pages.path}/${id}${below}`);
  if (open === undefined) return undefined;
  const { state, expiresAtMs } = open.token;
  if (state !== "revoked" && expiresAtMs > pages.clock.nowMs()) return open;
  toToken(pages, request, response, open.token);
  return undefined;
}

function toToken(pages: TokenChangePages, request: Request, response: Response, { id }: TokenFacts): void {
  pages.replySender.outcome(request, response, { kind: "go", to: `${pages.path}/${id}` });
}

async function show(
  pages: TokenChangePages,
  request: Request,
  response: Response,
  { token }: OpenToken,
  { form, wrong = {}, notice, status }: Shown,
): Promise<void> {
  const { tokens, tokenPolicy, clock } = pages;
  // The longest life counts from when it was made, so that no chain of changes makes a token live for ever.
  const leftMs = token.createdAtMs + longestLifeMs(tokenPolicy, token.kind) - clock.nowMs();
  await pages.send(request, response, {
    view: "change",
    status: status ?? (Object.keys(wrong).length === 0 ? 200 : 400),
    data: {
      token,
      form,
      wrong,
      notice,
      offered: await tokens.offers(token.kind, token.owner),
      lifetimes: leftMs < DAY_MS ? [] : lifetimes(leftMs),
      keepsMs: token.expiresAtMs,
      // A method that only programs set must not fall out of the list unseen: an empty list allows all.
      allMethods: [...new Set([...METHODS, ...token.limits.methods])],
    },
  });
}

async function receive(pages: TokenChangePages, request: Request, response: Response): Promise<void> {
  const parameters = formOf(request);
  const form = readTokenForm(parameters, ["version"]);
  const version = versionIn(parameters);
  const open = await openUsable(pages, request, response, "/change");
  if (open === undefined) return;
  const { token, accountId } = open;
  const read = await readChange(pages, open, form);
  if (!read.ok) {
    await show(pages, request, response, open, { form, wrong: wrongFields(read.issues) });
    return;
  }
  if (version !== token.version) {
    await show(pages, request, response, open, { form, ...CONFLICT });
    return;
  }
  const words = await wordsOf(pages, open, read.value);
  if (Object.values(words).flat().length === 0) {
    await show(pages, request, response, open, { form, ...SAME });
    return;
  }
  const draft = await pages.changes.put(accountId, { form, tokenId: token.id, version: token.version });
  pages.replySender.outcome(request, response, {
    kind: "go",
    to: `${pages.path}/${token.id}/change/${draft}`,
  });
}

/** The version that the form showed. */
function versionIn(parameters: Parameters): number {
  const text = parameters.get("version") ?? "";
  if (!VERSION.test(text))
    throw new BodyRefused(400, "a form's field has a value that our page does not send");
  return Number(text);
}

async function readChange({ tokens, clock }: TokenChangePages, { token }: OpenToken, form: TokenForm) {
  const offers = await tokens.offers(token.kind, token.owner);
  return readInput(TokenChangeInput, changeOf(form, offers, clock.nowMs()));
}

async function wordsOf({ tokens }: TokenChangePages, { token }: OpenToken, change: TokenChange) {
  const { name = token.name, limits = token.limits, expiresAtMs = token.expiresAtMs } = change;
  const offers: readonly TokenOffer[] = await tokens.offers(token.kind, token.owner);
  return changeWords(token, { name, limits, expiresAtMs }, offers);
}

/** The draft of the address, with its token as that is now; otherwise the answer is sent. */
async function openDraft(pages: TokenChangePages, request: Request, response: Response) {
  const id = draftId(request);
  const open = await openUsable(pages, request, response, `/change/${id}`);
  if (open === undefined) return undefined;
  const draft = await pages.changes.read(id, open.accountId);
  if (draft?.tokenId !== open.token.id) {
    pages.replySender.problem(request, response, changeGone());
    return undefined;
  }
  if (draft.version !== open.token.version) {
    await show(pages, request, response, open, { form: draft.form, ...CONFLICT });
    return undefined;
  }
  const read = await readChange(pages, open, draft.form);
  if (!read.ok) {
    await show(pages, request, response, open, { form: draft.form, wrong: wrongFields(read.issues) });
    return undefined;
  }
  return { id, open, draft, change: read.value };
}

function draftId({ params }: Request): string {
  const { draft } = params;
  return typeof draft === "string" && /^[\w-]{43}$/.test(draft) ? draft : "none";
}

async function summarise(pages: TokenChangePages, request: Request, response: Response): Promise<void> {
  const found = await openDraft(pages, request, response);
  if (found === undefined) return;
  const { id, open, change } = found;
  const words = await wordsOf(pages, open, change);
  const isFresh = isFreshLogin(open.session, pages.clock.nowMs(), pages.tokenPolicy.freshLoginMs);
  if (words.wider.length > 0 && !isFresh) {
    toFreshLogin(pages.replySender, request, response, `${pages.path}/${open.token.id}/change/${id}`);
    return;
  }
  await pages.send(request, response, {
    view: "change-summary",
    status: 200,
    data: { token: open.token, draft: id, difference: words },
  });
}

async function carryOut(pages: TokenChangePages, request: Request, response: Response): Promise<void> {
  readForm(formOf(request), onlyCsrf);
  const found = await openDraft(pages, request, response);
  if (found === undefined) return;
  const { id, open, draft, change } = found;
  const { token, actor, accountId } = open;
  const result = await pages.tokens.change(actor, token.id, onlyDifferent(token, change), draft.version);
  if (result.ok) {
    await pages.changes.take(id, accountId);
    toToken(pages, request, response, token);
    return;
  }
  if (result.code === "invalid" || result.code === "version") {
    const { form } = draft;
    const shown =
      result.code === "version" ? { form, ...CONFLICT } : { form, wrong: wrongFields(result.issues ?? []) };
    await showAgain(pages, request, response, shown);
    return;
  }
  sendRefused(pages, request, response, result, `${pages.path}/${token.id}/change/${id}`);
}

/** The form has everything in it; the audit trail is to name what was changed. */
function onlyDifferent(token: TokenFacts, { name, limits, expiresAtMs }: TokenChange): TokenChange {
  const isOther = limits !== undefined && limitChanges(token, { ...token, limits }).length > 0;
  return {
    ...(name === undefined || name === token.name ? {} : { name }),
    ...(isOther ? { limits } : {}),
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
  };
}

/** With the token as it is by now: its version may be another one than a moment ago. */
async function showAgain(
  pages: TokenChangePages,
  request: Request,
  response: Response,
  shown: Shown,
): Promise<void> {
  const open = await openUsable(pages, request, response, "/change");
  if (open !== undefined) await show(pages, request, response, open, shown);
}
