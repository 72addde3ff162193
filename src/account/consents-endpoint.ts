import { type Request, type Response, Router } from "express";
import { z } from "zod";
import type { AuditTrail } from "../audit/audit-trail.ts";
import type { Applications } from "../flow/applications.ts";
import { type Csrf, csrfGuard } from "../http/csrf.ts";
import { formBody, formOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import { loggedIn } from "../http/logged-in.ts";
import type { Render } from "../http/render.ts";
import { type ReplySender, sendPage } from "../http/reply-sender.ts";
import { type FindResourceScope, scopeTitle } from "../login/consent-lines.ts";
import type { Grant } from "../model/grant.ts";
import type { GrantStore } from "../storage/stores.ts";
import { personOf } from "./person.ts";

export interface ConsentsEndpointParts {
  readonly grants: Pick<GrantStore, "listByAccount">;
  readonly applications: Pick<Applications, "byId">;
  readonly resourceScope: FindResourceScope;
  /** Withdraws a grant with every token that hangs on it. False: it was gone already. */
  readonly withdraw: (grantId: string) => Promise<boolean>;
  readonly audit: Pick<AuditTrail, "record">;
  readonly csrf: Csrf;
  readonly replySender: ReplySender;
  readonly render: Render;
}

export const CONSENTS_PATH = "/account/consents";
const FORM_LIMIT_BYTES = 4_096;
const takeBackForm = z.object({ grant: z.string().max(100) });
const REMOVED = "A removed application";

/** "What I allowed": what each application may know and do, since when, and the way to take it back. */
export function consentsEndpoint(parts: ConsentsEndpointParts): Router {
  const router = Router();
  router.get(CONSENTS_PATH, async (request, response) => {
    await show(parts, request, response);
  });
  router.post(
    CONSENTS_PATH,
    formBody(FORM_LIMIT_BYTES),
    csrfGuard(parts.csrf, parts.replySender),
    async (request, response) => {
      await takeBack(parts, request, response);
    },
  );
  return router;
}

async function show(parts: ConsentsEndpointParts, request: Request, response: Response): Promise<void> {
  const person = loggedIn(parts.replySender, request, response, CONSENTS_PATH);
  if (person === undefined) return;
  const { account, browser } = person;
  const grants = await parts.grants.listByAccount(account.id);
  const page = parts.render("consents", {
    person: personOf(account),
    csrf: parts.csrf.token(browser),
    grants: grants.map((grant) => rowOf(parts, grant)),
  });
  sendPage(response, 200, page);
}

function rowOf({ applications, resourceScope }: ConsentsEndpointParts, grant: Grant) {
  const { id, applicationId, scopes, declined, createdAtMs } = grant;
  return {
    id,
    applicationId,
    name: applications.byId(applicationId)?.name ?? REMOVED,
    allowed: scopes.map((scope) => scopeTitle(scope, resourceScope)),
    declined: declined.map((scope) => scopeTitle(scope, resourceScope)),
    sinceMs: createdAtMs,
  };
}

async function takeBack(parts: ConsentsEndpointParts, request: Request, response: Response): Promise<void> {
  const person = loggedIn(parts.replySender, request, response, CONSENTS_PATH);
  if (person === undefined) return;
  const form = readForm(formOf(request), takeBackForm);
  // Only one's own: the id of somebody else's grant is like one that does not exist.
  const own = await parts.grants.listByAccount(person.account.id);
  const grant = own.find(({ id }) => id === form.grant);
  if (grant !== undefined) {
    await parts.audit.record({
      action: "consent.withdrawn",
      outcome: "success",
      actorId: person.account.id,
      actorName: person.account.username,
      address: person.browser.address,
      targetKind: "application",
      targetId: grant.applicationId,
      targetName: parts.applications.byId(grant.applicationId)?.name ?? REMOVED,
      detail: { scopes: grant.scopes.join(" ") },
    });
    await parts.withdraw(grant.id);
  }
  parts.replySender.outcome(request, response, { kind: "go", to: CONSENTS_PATH });
}
