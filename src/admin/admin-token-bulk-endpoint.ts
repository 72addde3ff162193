import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { tokenRow } from "../account/tokens-endpoint.ts";
import { formOf, queryOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import { type BulkFields, bulkFields, bulkFilter } from "./admin-token-filter.ts";
import { nameOwners, ownerKey } from "./admin-token-owner.ts";
import { adminTokenActor, ownerNameParts, sendTokenRefused } from "./admin-token-page-endpoint.ts";
import { type AdminParts, adminForm, ownForm, sendAdminPage } from "./owner-endpoint.ts";

const PATH = "/tokens/revoke";

const query = z.object(bulkFields);
/** `fingerprint`: of the tokens that the preview showed. */
const form = adminForm({ ...bulkFields, fingerprint: z.string().regex(/^[\w-]{43}$/) });

/**
 * Many tokens at once: by whose they are, what they may, where they were used, how old they are. The address is the
 * preview; what the button sends stands for exactly those tokens, and where it would be others by then, nothing happens.
 */
export function adminTokenBulkEndpoint(parts: AdminParts): Router {
  const router = Router();
  router.get(PATH, async (request, response) => {
    await preview(parts, request, response, readForm(queryOf(request), query));
  });
  router.post(PATH, ownForm(parts), async (request: Request, response: Response) => {
    await revoke(parts, request, response);
  });
  return router;
}

async function preview(
  parts: AdminParts,
  request: Request,
  response: Response,
  fields: BulkFields,
  changed = false,
): Promise<void> {
  const owners = ownerNameParts(parts);
  const read = await bulkFilter(owners, fields, parts.acts.clock.nowMs());
  const wrong = read.kind === "wrong" ? { [read.field]: read.text } : {};
  const found = read.kind === "filter" ? await previewOf(parts, request, read.filter) : undefined;
  sendAdminPage(parts, request, response, {
    view: "tokens-revoke",
    status: read.kind === "wrong" ? 400 : changed ? 409 : 200,
    data: { fields, wrong, found, changed, applications: choices(parts) },
  });
}

function choices({ applications }: AdminParts) {
  return applications
    .all()
    .map(({ id, name }) => [id, name] as const)
    .toSorted(([, a], [, b]) => a.localeCompare(b));
}

async function previewOf(
  parts: AdminParts,
  request: Request,
  filter: Parameters<AdminParts["tokenPages"]["tokens"]["preview"]>[1],
) {
  const { tokens, tokenPolicy } = parts.tokenPages;
  const result = await tokens.preview(adminTokenActor(request), filter);
  if (!result.ok) return { count: 0, rows: [], fingerprint: "" };
  const names = await nameOwners(
    ownerNameParts(parts),
    result.first.map(({ owner }) => owner),
  );
  const rows = result.first.map((token) => ({
    ...tokenRow({ clock: parts.acts.clock, tokenPolicy }, token, []),
    owner: names.get(ownerKey(token.owner))?.name ?? "",
  }));
  return { count: result.count, rows, fingerprint: result.fingerprint };
}

async function revoke(parts: AdminParts, request: Request, response: Response): Promise<void> {
  const { fingerprint, csrf: _, ...fields } = readForm(formOf(request), form);
  const read = await bulkFilter(ownerNameParts(parts), fields, parts.acts.clock.nowMs());
  if (read.kind !== "filter") {
    await preview(parts, request, response, fields);
    return;
  }
  const actor = adminTokenActor(request);
  const result = await parts.tokenPages.tokens.revokeWhere(actor, read.filter, {
    expected: { fingerprint },
  });
  if (result.ok) {
    sendAdminPage(parts, request, response, { view: "tokens-revoked", data: { count: result.count } });
    return;
  }
  if (result.code === "version") await preview(parts, request, response, fields, true);
  else sendTokenRefused(parts, request, response, result, PATH);
}
