import type { Request, RequestHandler, Response } from "express";
import { z } from "zod";
import { personOf } from "../account/person.ts";
import type { Applications } from "../flow/applications.ts";
import { PATHS } from "../flow/endpoints.ts";
import { browserOf } from "../http/browser.ts";
import { type Csrf, csrfGuard } from "../http/csrf.ts";
import { formBody } from "../http/form-body.ts";
import { notForYou } from "../http/problems.ts";
import type { Outbound } from "../http/outbound.ts";
import type { Render } from "../http/render.ts";
import { type ReplySender, sendPage } from "../http/reply-sender.ts";
import type { KeyRing } from "../keys/key-ring.ts";
import type { SigningKeys } from "../keys/signing-keys.ts";
import type { Account } from "../model/account.ts";
import type { Session } from "../model/session.ts";
import type { Subjects } from "../session/subject.ts";
import type { AuditStore, KeyUseStore } from "../storage/stores.ts";
import type { VolatileStore } from "../volatile/volatile-store.ts";
import type { ActResult } from "./acts/act.ts";
import type { AddAccountParts } from "./acts/add-account.ts";
import type { MemberParts } from "./acts/federation-members.ts";
import type { SwitchAccountParts } from "./acts/switch-account.ts";
import type { Actor } from "./actor.ts";
import type { AdminTokenParts } from "./admin-token-parts.ts";
import { notDone } from "./problems.ts";

export const ADMIN_PATH = "/admin";
const FORM_LIMIT_BYTES = 65_536;

/** What the pages under /admin are given. */
export interface AdminParts {
  readonly issuer: string;
  readonly acts: AddAccountParts & SwitchAccountParts & MemberParts;
  /** The one way out, for metadata that an owner wants to be fetched. */
  readonly outbound: Pick<Outbound, "fetch" | "download">;
  /** In memory, for lists and searches; one application is read from the store. */
  readonly applications: Applications;
  readonly auditEvents: Pick<AuditStore, "list">;
  readonly sessions: { listByAccount(accountId: string): Promise<readonly Session[]> };
  readonly keyRing: KeyRing;
  readonly signingKeys: Pick<SigningKeys, "records" | "retired" | "rotate" | "retire" | "goBack">;
  /** Which of our keys the applications were last seen to accept. */
  readonly keyUses: Pick<KeyUseStore, "all" | "get">;
  /** For the preview of what an account would send. */
  readonly subjects: Subjects;
  /** For metadata that was uploaded and not registered yet, and for forms that count once. */
  readonly volatile: VolatileStore;
  /** For the pages about API tokens. */
  readonly tokenPages: AdminTokenParts;
  readonly csrf: Csrf;
  readonly render: Render;
  readonly replySender: ReplySender;
}

/**
 * Lets owners through, and nobody else. Mounted before every route under /admin, so that a new one is closed until it
 * is behind it. Without a session: to the login, and back to where they wanted to go.
 */
export function ownersOnly(parts: AdminParts): RequestHandler {
  return (request, response, next) => {
    const { account } = browserOf(request);
    if (account === undefined) {
      // Only a page can be come back to: what was posted is gone, and must not be posted again by a redirect.
      const path = request.method === "GET" && request.path !== "/" ? request.path : "";
      const wanted = ADMIN_PATH + path;
      const to = `${PATHS.login}?next=${encodeURIComponent(wanted)}`;
      parts.replySender.outcome(request, response, { kind: "go", to });
      return;
    }
    if (account.role !== "owner") {
      parts.replySender.problem(request, response, notForYou());
      return;
    }
    next();
  };
}

/** The owner behind the request. Throws where a route is not behind `ownersOnly`: a bug that must not become a hole. */
export function ownerOf(request: Request): Account {
  const { account } = browserOf(request);
  if (account?.role !== "owner") throw new Error("the route is not behind the owners' guard");
  return account;
}

/** Who acts: the session's account, never anything that the request says. */
export function actorOf(request: Request): Actor {
  const { id, username } = ownerOf(request);
  return { kind: "account", id, name: username, address: browserOf(request).address };
}

/** Sends a page of views/admin with what the layout needs. */
export function sendAdminPage(
  parts: AdminParts,
  request: Request,
  response: Response,
  page: { readonly view: string; readonly data: object; readonly status?: number },
): void {
  const person = personOf(ownerOf(request));
  const csrf = parts.csrf.token(browserOf(request));
  sendPage(response, page.status ?? 200, parts.render(`admin/${page.view}`, { ...page.data, person, csrf }));
}

/** Reads a form of ours and lets it through when it came from a page of ours, which `formOf` then has. */
export function ownForm(parts: AdminParts, limitBytes = FORM_LIMIT_BYTES): RequestHandler[] {
  return [formBody(limitBytes), csrfGuard(parts.csrf, parts.replySender)];
}

/** After an act: on to a page of the administration, or why it was not done. */
export function answerAct(
  parts: AdminParts,
  request: Request,
  response: Response,
  result: ActResult<unknown>,
  path: string,
): void {
  if (result.ok) {
    parts.replySender.outcome(request, response, { kind: "go", to: ADMIN_PATH + path });
    return;
  }
  parts.replySender.problem(
    request,
    response,
    notDone(result.message, result.code === "not-found" ? 404 : 409),
  );
}

/** Every form's own field; it was checked before the form is read. */
const csrf = z.string();

/**
 * The shape of a form under /admin. Strict: a field that our page does not send is refused, so that nothing which the
 * server decides (an id, a role's owner, an instant) can be slipped in.
 */
export function adminForm<T extends z.ZodRawShape>(fields: T) {
  return z.strictObject({ ...fields, csrf });
}

/** A line of text; an empty one is left out. `most` is in UTF-16 code units. */
export function line(most = 200) {
  return z.string().max(most).optional();
}

/** A check box: the browser sends `on`, or nothing. */
export const checkBox = z
  .literal("on")
  .optional()
  .transform((value) => value === "on");
