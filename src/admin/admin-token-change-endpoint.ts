import type { Router } from "express";
import { tokenChangeEndpoint } from "../account/token-change-endpoint.ts";
import { browserOf } from "../http/browser.ts";
import { adminTokenActor, tokenOf } from "./admin-token-page-endpoint.ts";
import { ADMIN_PATH, type AdminParts, ownerOf, ownForm, sendAdminPage } from "./owner-endpoint.ts";

/** Changes of any token: its secret is not shown, so those of people may be changed here too. */
export function adminTokenChangeEndpoint(parts: AdminParts): Router {
  return tokenChangeEndpoint({
    ...parts.tokenPages,
    at: "/tokens",
    path: `${ADMIN_PATH}/tokens`,
    guards: ownForm(parts),
    replySender: parts.replySender,
    clock: parts.acts.clock,
    open: async (request, response) => {
      const token = await tokenOf(parts, request, response);
      const { session } = browserOf(request);
      if (token === undefined || session === undefined) return undefined;
      return { token, actor: adminTokenActor(request), accountId: ownerOf(request).id, session };
    },
    send: (request, response, { view, status, data }) => {
      sendAdminPage(parts, request, response, { view: `token-${view}`, status, data });
    },
  });
}
