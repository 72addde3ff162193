import { type Request, type RequestHandler, type Response } from "express";
import { mayEnter } from "../decision/access.ts";
import { absoluteEndMs } from "../decision/freshness.ts";
import type { Applications } from "../flow/applications.ts";
import { PATHS } from "../flow/endpoints.ts";
import { queryOf } from "../http/form-body.ts";
import { loggedIn } from "../http/logged-in.ts";
import type { Render } from "../http/render.ts";
import { type ReplySender, sendPage } from "../http/reply-sender.ts";
import type { Account } from "../model/account.ts";
import type { SignOnPolicy } from "../model/policy.ts";
import type { Clock } from "../platform/clock.ts";
import { Unavailable } from "../platform/unavailable.ts";
import type { TokenNoticeStore } from "../storage/api-token-stores.ts";
import { siteOf, startAddress } from "./application-link.ts";
import { personOf } from "./person.ts";

export interface HomeEndpointParts {
  readonly issuer: string;
  readonly applications: Pick<Applications, "all">;
  readonly notices: Pick<TokenNoticeStore, "unread">;
  readonly replySender: ReplySender;
  readonly render: Render;
  readonly policy: SignOnPolicy;
  readonly clock: Clock;
}

const DAY_MS = 24 * 60 * 60_000;
const LONGEST_SEARCH = 100;

/**
 * "My applications": those that the account may enter, one click each, and a search that works without a script. Whoever
 * has notices about API tokens that were not seen yet is told so.
 */
export function homeEndpoint(parts: HomeEndpointParts): RequestHandler {
  return async (request, response) => {
    await show(parts, request, response);
  };
}

async function show(parts: HomeEndpointParts, request: Request, response: Response): Promise<void> {
  const person = loggedIn(parts.replySender, request, response, PATHS.home);
  if (person === undefined) return;
  const search = (queryOf(request).get("q") ?? "").trim().slice(0, LONGEST_SEARCH);
  const untilMs = absoluteEndMs(person.session, parts.policy);
  const page = parts.render("apps", {
    person: personOf(person.account),
    search,
    tiles: tilesFor(parts, person.account, search),
    unread: await unreadOf(parts, person.account.id),
    untilMs,
    untilStyle: untilMs - parts.clock.nowMs() < DAY_MS ? "time" : "date",
  });
  sendPage(response, 200, page);
}

/** The applications do not need the database: while it is away they are shown all the same. */
async function unreadOf({ notices }: HomeEndpointParts, accountId: string): Promise<number> {
  try {
    return await notices.unread(accountId);
  } catch (error) {
    if (error instanceof Unavailable) return 0;
    throw error;
  }
}

function tilesFor({ applications, issuer }: HomeEndpointParts, account: Account, search: string) {
  const sought = search.toLowerCase();
  return applications
    .all()
    .filter((application) => application.enabled && mayEnter(account, application))
    .filter((application) => application.name.toLowerCase().includes(sought))
    .toSorted((a, b) => a.name.localeCompare(b.name, "en"))
    .map((application) => {
      const href = startAddress(application, issuer);
      // Of an address of ours the application's own host says more.
      const shown = href?.startsWith(issuer) === true ? (siteOf(application) ?? href) : href;
      const note = shown === undefined ? "Open it on your device" : new URL(shown).host;
      return { id: application.id, name: application.name, href, note };
    });
}
