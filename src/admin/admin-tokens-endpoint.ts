import { type Request, type Response, Router } from "express";
import { listOrFirstPage, tokenRow, tokenView } from "../account/tokens-endpoint.ts";
import { browserOf } from "../http/browser.ts";
import { formOf, queryOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import type { ApiTokenKind } from "../model/api-token.ts";
import type { AuditEvent } from "../model/audit-event.ts";
import type { TokenFacts } from "../tokens/token-act.ts";
import { adminTokenBulkEndpoint } from "./admin-token-bulk-endpoint.ts";
import { LOOKS, listFilter, tokenListQuery } from "./admin-token-filter.ts";
import { adminTokenChangeEndpoint } from "./admin-token-change-endpoint.ts";
import { adminTokenInspectEndpoint } from "./admin-token-inspect-endpoint.ts";
import { adminTokenNewEndpoint } from "./admin-token-new-endpoint.ts";
import { nameOwner, nameOwners, ownerKey } from "./admin-token-owner.ts";
import {
  adminTokenActor,
  isFreshOwner,
  ownerNameParts,
  sendTokenRefused,
  tokenOf,
} from "./admin-token-page-endpoint.ts";
import { adminTokenRotateEndpoint } from "./admin-token-rotate-endpoint.ts";
import { adminTokenRulesEndpoint } from "./admin-token-rules-endpoint.ts";
import { auditDetail, auditWords } from "./audit-words.ts";
import { ADMIN_PATH, type AdminParts, adminForm, ownForm, sendAdminPage } from "./owner-endpoint.ts";

const AUDIT_SHOWN = 20;
const emptyForm = adminForm({});

type OneToken = Request<{ id: string }>;

/** Every API token: the list with its filters, each of them with what was done to it, and its end. */
export function adminTokensEndpoint(parts: AdminParts): Router {
  const router = Router();
  router.get("/tokens", async (request, response) => {
    await showList(parts, request, response);
  });
  // Before those of one token, whose id these names would otherwise be taken for.
  router.use(adminTokenNewEndpoint(parts));
  router.use(adminTokenBulkEndpoint(parts));
  router.use(adminTokenInspectEndpoint(parts));
  router.use(adminTokenRulesEndpoint(parts));
  router.use(adminTokenRotateEndpoint(parts));
  router.use(adminTokenChangeEndpoint(parts));
  router.get("/tokens/:id", async (request, response) => {
    await showOne(parts, request, response);
  });
  for (const verb of ["revoke", "suspend", "release"] as const) {
    router.post(`/tokens/:id/${verb}`, ownForm(parts), async (request: OneToken, response: Response) => {
      await end(parts, request, response, verb);
    });
  }
  return router;
}

async function showList(parts: AdminParts, request: Request, response: Response): Promise<void> {
  const { tokens, tokenPolicy } = parts.tokenPages;
  const query = readForm(queryOf(request), tokenListQuery);
  const { clock } = parts.acts;
  const owners = ownerNameParts(parts);
  const filter = await listFilter(owners, query, clock.nowMs(), tokenPolicy.warnBeforeMs);
  const page = await listOrFirstPage(tokens, adminTokenActor(request), filter, query.after, query.q);
  const names = await nameOwners(
    owners,
    page.items.map(({ owner }) => owner),
  );
  const rows = page.items.map((token) => ({
    ...tokenRow({ clock, tokenPolicy }, token, []),
    owner: names.get(ownerKey(token.owner))?.name ?? "",
  }));
  sendAdminPage(parts, request, response, {
    view: "tokens",
    data: { rows, total: page.total, next: page.next, query, looks: LOOKS },
  });
}

async function showOne(parts: AdminParts, request: OneToken, response: Response): Promise<void> {
  const token = await tokenOf(parts, request, response);
  if (token === undefined) return;
  const owners = ownerNameParts(parts);
  const { tokenPages, acts, auditEvents } = parts;
  const [view, owner, maker, lines] = await Promise.all([
    tokenView({ ...tokenPages, clock: acts.clock }, token, await offersOf(parts, token)),
    nameOwner(owners, token.owner),
    acts.store.accounts.get(token.madeBy),
    auditEvents.list({ targetId: token.id, limit: AUDIT_SHOWN }),
  ]);
  sendAdminPage(parts, request, response, {
    view: "token",
    data: {
      ...view,
      owner,
      madeBy: maker?.username ?? token.madeBy,
      // The new secret would be shown to whoever asks for it: a person's stays the person's.
      rotatable: token.kind !== "pat" || token.owner.id === browserOf(request).account?.id,
      lines: lines.items.map(lineOf),
      total: lines.total,
    },
  });
}

async function offersOf({ tokenPages }: AdminParts, { kind, owner }: TokenFacts) {
  return await tokenPages.tokens.offers(kind satisfies ApiTokenKind, owner);
}

function lineOf(event: AuditEvent) {
  const { atMs, outcome, actorId, actorName, address } = event;
  return {
    atMs,
    outcome,
    who: actorName ?? actorId ?? "",
    what: auditWords(event),
    detail: auditDetail(event),
    address,
  };
}

async function end(
  parts: AdminParts,
  request: OneToken,
  response: Response,
  verb: "revoke" | "suspend" | "release",
): Promise<void> {
  readForm(formOf(request), emptyForm);
  const token = await tokenOf(parts, request, response);
  if (token === undefined) return;
  const path = `/tokens/${token.id}`;
  // After the login the page is there again, and its button.
  if (verb === "release" && !isFreshOwner(parts, request, response, path)) return;
  const result = await parts.tokenPages.tokens[verb](adminTokenActor(request), token.id);
  if (result.ok) {
    parts.replySender.outcome(request, response, { kind: "go", to: ADMIN_PATH + path });
    return;
  }
  sendTokenRefused(parts, request, response, result, path);
}
