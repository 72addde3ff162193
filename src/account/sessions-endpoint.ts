import { type Request, type Response, Router } from "express";
import { z } from "zod";
import type { Applications } from "../flow/applications.ts";
import type { EndSession } from "../flow/end-session.ts";
import { type Csrf, csrfGuard } from "../http/csrf.ts";
import { formBody, formOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import { loggedIn } from "../http/logged-in.ts";
import type { Render } from "../http/render.ts";
import { type ReplySender, sendPage } from "../http/reply-sender.ts";
import type { AuthenticationMethod } from "../model/authentication.ts";
import type { Session } from "../model/session.ts";
import type { Participants } from "../session/participants.ts";
import type { SessionStore } from "../session/session-store.ts";
import { personOf } from "./person.ts";

export interface SessionsEndpointParts {
  readonly sessions: Pick<SessionStore, "listByAccount">;
  readonly participants: Pick<Participants, "list">;
  readonly applications: Pick<Applications, "byId">;
  readonly endSession: Pick<EndSession, "endQuietly">;
  readonly csrf: Csrf;
  readonly replySender: ReplySender;
  readonly render: Render;
}

export const SESSIONS_PATH = "/account/sessions";
const FORM_LIMIT_BYTES = 4_096;
const endForm = z.object({ end: z.string().max(100) });

const METHOD_WORDS: Readonly<Record<AuthenticationMethod, string>> = {
  pwd: "a password",
  otp: "a code",
  hwk: "a passkey",
  mfa: "two factors",
  ext: "another organisation's login",
};

/** Where the person is logged in, and the end of any one of these sessions. */
export function sessionsEndpoint(parts: SessionsEndpointParts): Router {
  const router = Router();
  router.get(SESSIONS_PATH, async (request, response) => {
    await show(parts, request, response);
  });
  router.post(
    SESSIONS_PATH,
    formBody(FORM_LIMIT_BYTES),
    csrfGuard(parts.csrf, parts.replySender),
    async (request, response) => {
      await endOne(parts, request, response);
    },
  );
  return router;
}

async function show(parts: SessionsEndpointParts, request: Request, response: Response): Promise<void> {
  const person = loggedIn(parts.replySender, request, response, SESSIONS_PATH);
  if (person === undefined) return;
  const { account, browser, session } = person;
  const all = await parts.sessions.listByAccount(account.id);
  const sessions = await Promise.all(all.map(async (one) => await rowOf(parts, one, one.id === session.id)));
  const csrf = parts.csrf.token(browser);
  sendPage(response, 200, parts.render("sessions", { person: personOf(account), csrf, sessions }));
}

async function rowOf(parts: SessionsEndpointParts, session: Session, current: boolean) {
  const participants = await parts.participants.list(session.id);
  const applications = participants.flatMap(
    ({ applicationId }) => parts.applications.byId(applicationId)?.name ?? [],
  );
  const how = `with ${session.authentication.methods.map((method) => METHOD_WORDS[method]).join(" and ")}`;
  return { id: session.id, startedAtMs: session.startedAtMs, how, applications, current };
}

async function endOne(parts: SessionsEndpointParts, request: Request, response: Response): Promise<void> {
  const person = loggedIn(parts.replySender, request, response, SESSIONS_PATH);
  if (person === undefined) return;
  const { end } = readForm(formOf(request), endForm);
  // Only one's own: the id of somebody else's session is like one that does not exist.
  const own = await parts.sessions.listByAccount(person.account.id);
  if (own.some((session) => session.id === end)) await parts.endSession.endQuietly([end]);
  parts.replySender.outcome(request, response, { kind: "go", to: SESSIONS_PATH });
}
