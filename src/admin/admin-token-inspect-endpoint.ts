import { type Request, type Response, Router } from "express";
import { inspectForm } from "../account/token-inspect-endpoint.ts";
import { formOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import { type AdminParts, ownForm, sendAdminPage } from "./owner-endpoint.ts";

const PATH = "/tokens/inspect";

/** The page that takes a token apart: in this process, and nowhere else. */
export function adminTokenInspectEndpoint(parts: AdminParts): Router {
  const router = Router();
  router.get(PATH, (request, response) => {
    sendAdminPage(parts, request, response, { view: "token-inspect", data: {} });
  });
  router.post(PATH, ownForm(parts), (request: Request, response: Response) => {
    const { token } = readForm(formOf(request), inspectForm);
    const found = parts.tokenPages.takeApart(token.replaceAll(/\s+/g, ""));
    sendAdminPage(parts, request, response, { view: "token-inspect", data: { found } });
  });
  return router;
}
