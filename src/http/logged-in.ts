import type { Request, Response } from "express";
import type { Browser } from "../flow/browser.ts";
import { PATHS } from "../flow/endpoints.ts";
import { browserOf } from "./browser.ts";
import type { ReplySender } from "./reply-sender.ts";
import type { Account } from "../model/account.ts";
import type { Session } from "../model/session.ts";

/** Somebody who is logged in, with the browser. */
export interface LoggedIn {
  readonly browser: Browser;
  readonly account: Account;
  readonly session: Session;
}

/** The logged-in person of a request; otherwise the browser has been sent to the login page, and comes back to `path`. */
export function loggedIn(
  replySender: ReplySender,
  request: Request,
  response: Response,
  path: string,
): LoggedIn | undefined {
  const browser = browserOf(request);
  const { account, session } = browser;
  if (account !== undefined && session !== undefined) return { browser, account, session };
  const to = path === PATHS.home ? PATHS.login : `${PATHS.login}?next=${encodeURIComponent(path)}`;
  replySender.outcome(request, response, { kind: "go", to });
  return undefined;
}
