import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { queryOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import type { AuditEvent } from "../model/audit-event.ts";
import type { AuditQuery } from "../storage/stores.ts";
import { AUDIT_KINDS, auditDetail, auditWords } from "./audit-words.ts";
import { ADMIN_PATH, type AdminParts, sendAdminPage } from "./owner-endpoint.ts";

const PAGE_SIZE = 50;

const listQuery = z.object({
  q: z.string().max(200).catch(""),
  kind: z.string().max(100).optional().catch(undefined),
  actor: z.string().max(100).optional().catch(undefined),
  target: z.string().max(100).optional().catch(undefined),
  after: z.string().optional(),
});

/** The audit trail: who did what to what, when, and from where. */
export function adminAuditEndpoint(parts: AdminParts): Router {
  const router = Router();
  router.get("/audit", async (request, response) => {
    await show(parts, request, response);
  });
  return router;
}

async function show(parts: AdminParts, request: Request, response: Response): Promise<void> {
  const { q, kind, actor, target, after } = readForm(queryOf(request), listQuery);
  const query = { search: q, action: kind, actorId: actor, targetId: target, limit: PAGE_SIZE };
  const page = await listOrFirstPage(parts, { ...query, after });
  sendAdminPage(parts, request, response, {
    view: "audit",
    data: {
      rows: page.items.map(rowOf),
      total: page.total,
      next: page.next,
      after,
      q,
      kind,
      actor,
      target,
      kinds: AUDIT_KINDS,
    },
  });
}

/** A cursor that is not one of ours shows the newest entries. */
async function listOrFirstPage(parts: AdminParts, query: AuditQuery) {
  try {
    return await parts.auditEvents.list(query);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return await parts.auditEvents.list({ ...query, after: undefined });
  }
}

/** What the page shows of one entry. */
function rowOf(event: AuditEvent): object {
  const { atMs, outcome, targetKind, targetId, targetName, address, reference } = event;
  const who = whoOf(event);
  const hasPage = targetKind === "application" || targetKind === "account" || targetKind === "federation";
  const isPage = hasPage || event.action.startsWith("token.");
  return {
    atMs,
    outcome,
    who,
    what: auditWords(event),
    // A login is done by the account that it is about; naming it twice says nothing more.
    target: event.action.startsWith("login.") ? undefined : targetName,
    targetPath: isPage && targetId !== undefined ? `${ADMIN_PATH}/${targetKind}s/${targetId}` : undefined,
    detail: auditDetail(event),
    address,
    reference,
  };
}

function whoOf({ action, actorId, actorName, targetName }: AuditEvent): string {
  if (actorId === "command") return `${actorName ?? "somebody"}, by the command`;
  if (actorName !== undefined) return actorName;
  return action.startsWith("login.") && targetName !== undefined ? targetName : (actorId ?? "a stranger");
}
