import type { Request, RequestHandler, Response } from "express";
import { browserOf } from "../http/browser.ts";
import { type Csrf, csrfGuard } from "../http/csrf.ts";
import { formBody } from "../http/form-body.ts";
import { isFreshLogin, toFreshLogin } from "../http/fresh-login.ts";
import { loggedIn, type LoggedIn } from "../http/logged-in.ts";
import type { Render } from "../http/render.ts";
import { type ReplySender, sendPage } from "../http/reply-sender.ts";
import type { Clock } from "../platform/clock.ts";
import type { TokenNoticeStore, TokenUseCount } from "../storage/api-token-stores.ts";
import type { ApiTokens } from "../tokens/api-tokens.ts";
import type { TokenActor, TokenFacts, TokenRefused } from "../tokens/token-act.ts";
import type { TokenPolicy } from "../tokens/token-policy.ts";
import { personOf } from "./person.ts";
import type { TokenChangeDraft, TokenDrafts } from "./token-drafts.ts";
import { noSuchToken, tokenActRefused } from "./token-problems.ts";

export const TOKENS_PATH = "/account/tokens";
const FORM_LIMIT_BYTES = 65_536;

/** What the pages about tokens are given. */
export interface TokenPageParts {
  readonly tokens: ApiTokens;
  readonly drafts: TokenDrafts;
  readonly changes: TokenDrafts<TokenChangeDraft>;
  /** How a token was used in so many UTC days, today among them. */
  readonly useOf: (tokenId: string, days: number) => Promise<readonly TokenUseCount[]>;
  readonly tokenPolicy: TokenPolicy;
  /** What the watch has told the people who answer for tokens. */
  readonly notices: Pick<TokenNoticeStore, "listByAccount" | "markRead" | "unread">;
  readonly csrf: Csrf;
  readonly replySender: ReplySender;
  readonly render: Render;
  readonly clock: Clock;
}

/** Who acts, and how fresh their login is: from the session, never from a form. */
export function tokenActorOf({ account, browser, session }: LoggedIn): TokenActor {
  return {
    kind: "account",
    id: account.id,
    name: account.username,
    address: browser.address,
    freshSinceMs: session.authentication.instantMs,
  };
}

/** Reads a form of ours and lets it through when it came from a page of ours. */
export function tokenForm(parts: TokenPageParts): RequestHandler[] {
  return [formBody(FORM_LIMIT_BYTES), csrfGuard(parts.csrf, parts.replySender)];
}

/** The logged-in person, whose login is fresh enough for what makes a secret; otherwise the browser is on its way to log in. */
export function freshlyLoggedIn(
  parts: TokenPageParts,
  request: Request,
  response: Response,
  path: string,
): LoggedIn | undefined {
  const person = loggedIn(parts.replySender, request, response, path);
  if (person === undefined) return undefined;
  if (isFreshLogin(person.session, parts.clock.nowMs(), parts.tokenPolicy.freshLoginMs)) return person;
  toFreshLogin(parts.replySender, request, response, path);
  return undefined;
}

/** A token of the person's own; otherwise the answer is sent. An owner of the installation has their own pages for others'. */
export async function ownToken(
  parts: TokenPageParts,
  request: Request,
  response: Response,
  person: LoggedIn,
): Promise<TokenFacts | undefined> {
  const { id } = request.params;
  const token =
    typeof id === "string" ? await parts.tokens.get(tokenActorOf(person), id.slice(0, 100)) : undefined;
  if (token?.owner.kind === "account" && token.owner.id === person.account.id) return token;
  parts.replySender.problem(request, response, noSuchToken());
  return undefined;
}

/** Sends a page of views/tokens with what the layout needs. */
export function sendTokenPage(
  parts: TokenPageParts,
  request: Request,
  response: Response,
  person: Pick<LoggedIn, "account">,
  page: { readonly view: string; readonly data: object; readonly status?: number },
): void {
  const csrf = parts.csrf.token(browserOf(request));
  const html = parts.render(page.view, { ...page.data, person: personOf(person.account), csrf });
  sendPage(response, page.status ?? 200, html);
}

/** Why an act was not done, as a page; a login that is too old leads to the login and back to `path`. */
export function sendRefused(
  parts: Pick<TokenPageParts, "replySender">,
  request: Request,
  response: Response,
  refused: TokenRefused,
  path: string,
): void {
  switch (refused.code) {
    case "login-needed":
      toFreshLogin(parts.replySender, request, response, path);
      return;
    case "not-found":
      parts.replySender.problem(request, response, noSuchToken());
      return;
    case "forbidden":
      parts.replySender.problem(request, response, tokenActRefused(refused.message, 403));
      return;
    case "invalid":
    case "version":
    case "state":
      parts.replySender.problem(request, response, tokenActRefused(refused.message, 409));
      return;
  }
}
