import { Router } from "express";
import { adminAccountsEndpoint } from "./admin-accounts-endpoint.ts";
import { adminApplicationEndpoint } from "./admin-application-endpoint.ts";
import { adminApplicationKeyEndpoint } from "./admin-application-key-endpoint.ts";
import { adminApplicationsEndpoint } from "./admin-applications-endpoint.ts";
import { adminAuditEndpoint } from "./admin-audit-endpoint.ts";
import { adminClientEndpoint } from "./admin-client-endpoint.ts";
import { adminKeysEndpoint } from "./admin-keys-endpoint.ts";
import { adminFederationEndpoint } from "./admin-federation-endpoint.ts";
import { adminFederationsEndpoint } from "./admin-federations-endpoint.ts";
import { adminClientSettingsEndpoint } from "./admin-client-settings-endpoint.ts";
import { adminMetadataEndpoint } from "./admin-metadata-endpoint.ts";
import { adminMetadataSourceEndpoint } from "./admin-metadata-source-endpoint.ts";
import { adminOrganisationEndpoint } from "./admin-organisation-endpoint.ts";
import { adminReleaseEndpoint } from "./admin-release-endpoint.ts";
import { adminResourcesEndpoint } from "./admin-resources-endpoint.ts";
import { adminSamlProfilesEndpoint } from "./admin-saml-profiles-endpoint.ts";
import { adminSamlSettingsEndpoint } from "./admin-saml-settings-endpoint.ts";
import { adminSecretEndpoint } from "./admin-secret-endpoint.ts";
import { adminTokensEndpoint } from "./admin-tokens-endpoint.ts";
import { ADMIN_PATH, type AdminParts, ownersOnly } from "./owner-endpoint.ts";

/**
 * Everything under /admin, for owners alone: the guard stands before every route, those that do not exist included.
 * The routes of what is new come before those of one application, whose id they would otherwise be taken for.
 */
export function adminEndpoint(parts: AdminParts): Router {
  const router = Router();
  router.use(ownersOnly(parts));
  router.get("/", (request, response) => {
    parts.replySender.outcome(request, response, { kind: "go", to: `${ADMIN_PATH}/applications` });
  });
  router.use(adminApplicationsEndpoint(parts));
  router.use(adminMetadataEndpoint(parts));
  router.use(adminClientEndpoint(parts));
  router.use(adminApplicationEndpoint(parts));
  router.use(adminApplicationKeyEndpoint(parts));
  router.use(adminSamlProfilesEndpoint(parts));
  router.use(adminSamlSettingsEndpoint(parts));
  router.use(adminReleaseEndpoint(parts));
  router.use(adminMetadataSourceEndpoint(parts));
  router.use(adminFederationsEndpoint(parts));
  router.use(adminFederationEndpoint(parts));
  router.use(adminSecretEndpoint(parts));
  router.use(adminResourcesEndpoint(parts));
  router.use(adminClientSettingsEndpoint(parts));
  router.use(adminAccountsEndpoint(parts));
  router.use(adminTokensEndpoint(parts));
  router.use(adminAuditEndpoint(parts));
  router.use(adminKeysEndpoint(parts));
  router.use(adminOrganisationEndpoint(parts));
  return router;
}
