import { type Request, type Response, Router } from "express";
import { formOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import type { Application } from "../model/application.ts";
import { setSamlProfiles } from "./acts/set-saml-profiles.ts";
import { type AdminParts, actorOf, adminForm, answerAct, checkBox, line, ownForm } from "./owner-endpoint.ts";

const profilesForm = adminForm({ idpInitiated: checkBox, relayStates: line(20_000), ecp: checkBox });

/** POST /admin/applications/:id/profiles: ways into a SAML application that are off until they are switched on. */
export function adminSamlProfilesEndpoint(parts: AdminParts): Router {
  const router = Router();
  router.post(
    "/applications/:id/profiles",
    ownForm(parts),
    async (request: Request<{ id: string }>, response: Response) => {
      const { idpInitiated, relayStates = "", ecp } = readForm(formOf(request), profilesForm);
      const { id } = request.params;
      const profiles = { idpInitiated: idpInitiated ? { relayStates: lines(relayStates) } : undefined, ecp };
      const result = await setSamlProfiles(parts.acts, actorOf(request), id, profiles);
      answerAct(parts, request, response, result, `/applications/${id}`);
    },
  );
  return router;
}

/** What the form on the application's page shows; undefined for OpenID Connect, which has no such form. */
export function samlProfilesOf(application: Application): object | undefined {
  if (application.protocol !== "saml") return undefined;
  const { idpInitiated, ecp = false } = application;
  return {
    ecp,
    idpInitiated: idpInitiated !== undefined,
    relayStates: (idpInitiated?.relayStates ?? []).join("\n"),
  };
}

function lines(text: string): readonly string[] {
  const each = text.split(/\r?\n/).map((entry) => entry.trim());
  return [...new Set(each.filter((entry) => entry !== ""))];
}
