import type { Router } from "express";
import { readForm } from "../http/form-fields.ts";
import { fieldsOf } from "./acts/organisation-input.ts";
import { organisationNow, setOrganisation } from "./acts/set-organisation.ts";
import { type AdminParts, adminForm, line } from "./owner-endpoint.ts";
import { settingPage, settingVersion } from "./setting-page-endpoint.ts";

const text = line(4_000).transform((value) => value ?? "");
const organisationForm = adminForm({
  version: settingVersion,
  language: text,
  name: text,
  displayName: text,
  url: text,
  serviceName: text,
  description: text,
  logoUrl: text,
  logoWidth: text,
  logoHeight: text,
  privacyUrl: text,
  termsUrl: text,
  documentationUrl: text,
  errorUrl: text,
  scopes: line(20_000).transform((value) => value ?? ""),
  technicalName: text,
  technicalEmail: text,
  supportName: text,
  supportEmail: text,
  securityName: text,
  securityEmail: text,
});

/** /admin/organisation: how our metadata, discovery and pages name the organisation. */
export function adminOrganisationEndpoint(parts: AdminParts): Router {
  return settingPage(parts, {
    path: "/organisation",
    view: "organisation",
    read: (form) => {
      const { csrf: _, version, ...typed } = readForm(form, organisationForm);
      return { version, typed };
    },
    now: async (acts) => {
      const { organisation, updatedAtMs } = await organisationNow(acts);
      return { fields: fieldsOf(organisation), updatedAtMs };
    },
    set: setOrganisation,
  });
}
