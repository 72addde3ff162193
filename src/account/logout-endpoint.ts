import { type Request, type Response, Router } from "express";
import { z } from "zod";
import type { EndSession } from "../flow/end-session.ts";
import { PATHS } from "../flow/endpoints.ts";
import { browserOf } from "../http/browser.ts";
import { type Csrf, csrfGuard } from "../http/csrf.ts";
import { formBody, formOf, queryOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import type { Render } from "../http/render.ts";
import { type ReplySender, sendPage } from "../http/reply-sender.ts";
import type { SessionStore } from "../session/session-store.ts";

export interface LogoutEndpointParts {
  readonly endSession: Pick<EndSession, "confirmed" | "endQuietly">;
  readonly sessions: Pick<SessionStore, "listByAccount">;
  readonly csrf: Csrf;
  readonly replySender: ReplySender;
  readonly render: Render;
}

const FORM_LIMIT_BYTES = 4_096;
const logoutForm = z.object({ everywhere: z.literal("1").optional(), asked: z.string().max(100).optional() });

/** The logout page. The address alone ends nothing: a picture on another site could name it. */
export function logoutEndpoint(parts: LogoutEndpointParts): Router {
  const router = Router();
  router.get(PATHS.logout, async (request, response) => {
    await ask(parts, request, response);
  });
  router.post(
    PATHS.logout,
    formBody(FORM_LIMIT_BYTES),
    csrfGuard(parts.csrf, parts.replySender),
    async (request, response) => {
      await end(parts, request, response);
    },
  );
  return router;
}

async function ask(parts: LogoutEndpointParts, request: Request, response: Response): Promise<void> {
  const browser = browserOf(request);
  const { account, session } = browser;
  if (account === undefined || session === undefined) {
    parts.replySender.outcome(request, response, { kind: "go", to: PATHS.receipt });
    return;
  }
  const sessions = await parts.sessions.listByAccount(account.id);
  const otherSessions = sessions.filter((other) => other.id !== session.id).length;
  sendPage(
    response,
    200,
    parts.render("logout", {
      csrf: parts.csrf.token(browser),
      account,
      otherSessions,
      asked: queryOf(request).get("asked"),
    }),
  );
}

async function end(parts: LogoutEndpointParts, request: Request, response: Response): Promise<void> {
  const browser = browserOf(request);
  const { account, session } = browser;
  const { everywhere, asked } = readForm(formOf(request), logoutForm);
  if (everywhere !== undefined && account !== undefined) {
    const others = (await parts.sessions.listByAccount(account.id)).filter(
      (other) => other.id !== session?.id,
    );
    await parts.endSession.endQuietly(others.map((other) => other.id));
  }
  const outcome = await parts.endSession.confirmed(asked, session, browser);
  parts.replySender.outcome(request, response, outcome);
}
