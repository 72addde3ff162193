import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { queryOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import { describeAccess } from "./acts/set-access.ts";
import { pageOf, searchApplications } from "./application-search.ts";
import { stateOf } from "./application-state.ts";
import { type AdminParts, sendAdminPage } from "./owner-endpoint.ts";

const PAGE_SIZE = 25;

/** A query can be typed by hand: what makes no sense in it is taken as not said. */
const listQuery = z.object({
  q: z.string().catch(""),
  protocol: z.enum(["saml", "oidc"]).optional().catch(undefined),
  state: z.enum(["on", "off"]).optional().catch(undefined),
  page: z.coerce.number().int().catch(1),
});

/** The list of applications, searched and in pages. */
export function adminApplicationsEndpoint(parts: AdminParts): Router {
  const router = Router();
  router.get("/applications", (request, response) => {
    showList(parts, request, response);
  });
  return router;
}

function showList(parts: AdminParts, request: Request, response: Response): void {
  const { q, protocol, state, page } = readForm(queryOf(request), listQuery);
  const all = parts.applications.all();
  const { items, ...paging } = pageOf(
    searchApplications(all, { search: q, protocol, state }),
    page,
    PAGE_SIZE,
  );
  const nowMs = parts.acts.clock.nowMs();
  const rows = items.map((application) => ({
    id: application.id,
    name: application.name,
    protocol: application.protocol === "saml" ? "SAML" : "OpenID Connect",
    identifier: application.protocol === "saml" ? application.entityId : application.id,
    access: describeAccess(application.access),
    state: stateOf(application, nowMs),
  }));
  const off = all.filter(({ enabled }) => !enabled).length;
  sendAdminPage(parts, request, response, {
    view: "applications",
    data: { rows, paging, registered: all.length, off, q, protocol, state },
  });
}
