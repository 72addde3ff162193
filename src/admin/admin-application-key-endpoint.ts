import { type Request, type Response, Router } from "express";
import { formOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import { changeSamlSettings } from "./acts/change-saml-settings.ts";
import { type AdminParts, actorOf, adminForm, answerAct, line, ownForm } from "./owner-endpoint.ts";

const keyForm = adminForm({ signingKeyId: line() });

/**
 * POST /admin/applications/:id/key: the service provider stays with this key of ours through a rollover, or goes with
 * everybody. Its other settings stay as they are.
 */
export function adminApplicationKeyEndpoint(parts: AdminParts): Router {
  const router = Router();
  router.post(
    "/applications/:id/key",
    ownForm(parts),
    async (request: Request<{ id: string }>, response: Response) => {
      const { signingKeyId } = readForm(formOf(request), keyForm);
      const { id } = request.params;
      const acts = { ...parts.acts, keyRing: parts.keyRing };
      const changes = { signingKeyId: signingKeyId ?? null };
      const result = await changeSamlSettings(acts, actorOf(request), id, changes);
      answerAct(parts, request, response, result, `/applications/${id}#keys`);
    },
  );
  return router;
}
