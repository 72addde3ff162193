import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { queryOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import { loggedIn, type LoggedIn } from "../http/logged-in.ts";
import type { TokenFacts } from "../tokens/token-act.ts";
import type { ApiTokens, TokenOffer } from "../tokens/api-tokens.ts";
import { type NoticeLine, noticeLine } from "./token-notices.ts";
import { ownTokenChangeEndpoint } from "./own-token-change-endpoint.ts";
import { tokenInspectEndpoint } from "./token-inspect-endpoint.ts";
import { tokenNewEndpoint } from "./token-new-endpoint.ts";
import {
  freshlyLoggedIn,
  ownToken,
  sendRefused,
  sendTokenPage,
  tokenActorOf,
  tokenForm,
  type TokenPageParts,
  TOKENS_PATH,
} from "./token-page-endpoint.ts";
import { tokenRotateEndpoint } from "./token-rotate-endpoint.ts";
import { allowsWords, describe, reasonWords, stateWords, useView } from "./token-words.ts";
import type { TakeApart } from "./token-inspect-endpoint.ts";

const PAGE_SIZE = 25;
const DAYS_SHOWN = 30;
const NOTICES_SHOWN = 10;

const listQuery = z.object({ after: z.string().max(500).optional() });

/** A person's own API tokens: the list, each of them with its use, new ones, new secrets, and the end of any of them. */
export function tokensEndpoint(parts: TokenPageParts & { readonly takeApart: TakeApart }): Router {
  const router = Router();
  router.get(TOKENS_PATH, async (request, response) => {
    await showList(parts, request, response);
  });
  router.post(`${TOKENS_PATH}/notices`, tokenForm(parts), async (request: Request, response: Response) => {
    const person = loggedIn(parts.replySender, request, response, TOKENS_PATH);
    if (person === undefined) return;
    await parts.notices.markRead(person.account.id, parts.clock.nowMs());
    parts.replySender.outcome(request, response, { kind: "go", to: TOKENS_PATH });
  });
  // Before those of one token, whose id `new` would otherwise be taken for.
  router.use(tokenNewEndpoint(parts));
  router.use(tokenInspectEndpoint(parts));
  router.use(tokenRotateEndpoint(parts));
  router.use(ownTokenChangeEndpoint(parts));
  router.get(`${TOKENS_PATH}/:id`, async (request, response) => {
    await showOne(parts, request, response);
  });
  router.post(`${TOKENS_PATH}/:id/revoke`, tokenForm(parts), async (request: Request, response: Response) => {
    await revoke(parts, request, response);
  });
  router.get(`${TOKENS_PATH}/:id/release`, async (request, response) => {
    await askRelease(parts, request, response);
  });
  router.post(
    `${TOKENS_PATH}/:id/release`,
    tokenForm(parts),
    async (request: Request, response: Response) => {
      await release(parts, request, response);
    },
  );
  return router;
}

async function showList(parts: TokenPageParts, request: Request, response: Response): Promise<void> {
  const person = loggedIn(parts.replySender, request, response, TOKENS_PATH);
  if (person === undefined) return;
  const { after } = readForm(queryOf(request), listQuery);
  const owner = { kind: "account", id: person.account.id } as const;
  const page = await listOrFirstPage(parts.tokens, tokenActorOf(person), { owner }, after);
  const offers = await parts.tokens.offers("pat", owner);
  const rows = page.items.map((token) => tokenRow(parts, token, offers));
  sendTokenPage(parts, request, response, person, {
    view: "tokens",
    data: { rows, total: page.total, next: page.next, after, notices: await noticesFor(parts, person) },
  });
}

async function noticesFor(
  { notices, tokens }: TokenPageParts,
  person: LoggedIn,
): Promise<readonly NoticeLine[]> {
  const { items } = await notices.listByAccount(person.account.id, { limit: NOTICES_SHOWN });
  const actor = tokenActorOf(person);
  return await Promise.all(
    items.map(async (notice) => noticeLine(notice, await tokens.get(actor, notice.tokenId))),
  );
}

/** A cursor that is not one of ours (an old bookmark, a guess) shows the first page. */
export async function listOrFirstPage(
  tokens: Pick<ApiTokens, "list">,
  actor: Parameters<ApiTokens["list"]>[0],
  filter: Parameters<ApiTokens["list"]>[1],
  after: string | undefined,
  search?: string,
): ReturnType<ApiTokens["list"]> {
  try {
    return await tokens.list(actor, filter, { after, search, limit: PAGE_SIZE });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return await tokens.list(actor, filter, { search, limit: PAGE_SIZE });
  }
}

/** What a list shows of a token. */
export function tokenRow(
  { clock, tokenPolicy }: Pick<TokenPageParts, "clock" | "tokenPolicy">,
  token: TokenFacts,
  offers: readonly TokenOffer[],
) {
  const { id, kind, name, lastFour, expiresAtMs, lastUsedAtMs, lastUsedAddress, limits } = token;
  return {
    id,
    kind,
    name,
    lastFour,
    expiresAtMs,
    lastUsedAtMs,
    lastUsedAddress,
    allows: allowsWords(limits, offers),
    state: stateWords(token, clock.nowMs(), tokenPolicy.warnBeforeMs),
    why: reasonWords(token.stateReason),
  };
}

async function showOne(parts: TokenPageParts, request: Request, response: Response): Promise<void> {
  const person = loggedIn(parts.replySender, request, response, ownPath(request));
  if (person === undefined) return;
  const token = await ownToken(parts, request, response, person);
  if (token === undefined) return;
  sendTokenPage(parts, request, response, person, {
    view: "tokens/one",
    data: await tokenView(parts, token, await parts.tokens.offers("pat", token.owner)),
  });
}

/** The address of the token's page, where the browser comes back to after a login. */
function ownPath({ params }: Request): string {
  return `${TOKENS_PATH}/${typeof params["id"] === "string" ? params["id"] : ""}`;
}

/** What a token's own page shows, for its owner and for administrators. */
export async function tokenView(
  { clock, tokenPolicy, useOf }: Pick<TokenPageParts, "clock" | "tokenPolicy" | "useOf">,
  token: TokenFacts,
  offers: readonly TokenOffer[],
) {
  const nowMs = clock.nowMs();
  const counts = await useOf(token.id, DAYS_SHOWN);
  return {
    token,
    state: stateWords(token, nowMs, tokenPolicy.warnBeforeMs),
    usable: token.state !== "revoked" && token.expiresAtMs > nowMs,
    why: whyOf(token),
    scopes: token.limits.scopes.map((name) => ({ name, description: describe(name, offers) })),
    use: useView(counts, nowMs, DAYS_SHOWN),
  };
}

function whyOf({ name, state, stateReason }: TokenFacts) {
  if (state === "active") return undefined;
  const fact = `“${name}” is ${state}`;
  const after =
    state === "suspended" ? "It opens nothing until it is released." : "It opens nothing any more.";
  return { fact, text: `${reasonWords(stateReason)} ${after}`.trim() };
}

async function revoke(parts: TokenPageParts, request: Request, response: Response): Promise<void> {
  const person = loggedIn(parts.replySender, request, response, ownPath(request));
  if (person === undefined) return;
  const token = await ownToken(parts, request, response, person);
  if (token === undefined) return;
  const result = await parts.tokens.revoke(tokenActorOf(person), token.id);
  if (result.ok) {
    parts.replySender.outcome(request, response, { kind: "go", to: `${TOKENS_PATH}/${token.id}` });
    return;
  }
  sendRefused(parts, request, response, result, `${TOKENS_PATH}/${token.id}`);
}

/** Asks, after a fresh login: whoever has the browser must not be able to undo what caught a thief. */
async function askRelease(parts: TokenPageParts, request: Request, response: Response): Promise<void> {
  const person = freshlyLoggedIn(parts, request, response, `${ownPath(request)}/release`);
  if (person === undefined) return;
  const token = await ownToken(parts, request, response, person);
  if (token === undefined) return;
  if (token.state !== "suspended") {
    parts.replySender.outcome(request, response, { kind: "go", to: `${TOKENS_PATH}/${token.id}` });
    return;
  }
  sendTokenPage(parts, request, response, person, {
    view: "tokens/release",
    data: { token, why: whyOf(token) },
  });
}

async function release(parts: TokenPageParts, request: Request, response: Response): Promise<void> {
  const person = loggedIn(parts.replySender, request, response, ownPath(request));
  if (person === undefined) return;
  const token = await ownToken(parts, request, response, person);
  if (token === undefined) return;
  const path = `${TOKENS_PATH}/${token.id}`;
  const result = await parts.tokens.release(tokenActorOf(person), token.id);
  if (result.ok) {
    parts.replySender.outcome(request, response, { kind: "go", to: path });
    return;
  }
  sendRefused(parts, request, response, result, `${path}/release`);
}
