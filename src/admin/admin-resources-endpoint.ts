import { type Request, type Response, Router } from "express";
import { formOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import type { Issue } from "./acts/act.ts";
import { declareResource } from "./acts/declare-resource.ts";
import { adminResourceEndpoint } from "./admin-resource-endpoint.ts";
import {
  type AdminParts,
  actorOf,
  adminForm,
  answerAct,
  line,
  ownForm,
  sendAdminPage,
} from "./owner-endpoint.ts";
import {
  NEW_RESOURCE,
  resourceFields,
  type ResourceFields,
  typedResource,
  wrongByField,
} from "./resource-form.ts";
import { allResources, clientsOf, isBuiltIn } from "./resource-view.ts";

const LIST = "/resources";
const NEW = "/resources/new";
const FORM_LIMIT_BYTES = 262_144;

const newForm = adminForm({ identifier: line(4_000).transform((value) => value ?? ""), ...resourceFields });

type NewFields = ResourceFields & { readonly identifier: string };

/** /admin/resources: the APIs that tokens can be for, and a new one (RFC 8707). */
export function adminResourcesEndpoint(parts: AdminParts): Router {
  const router = Router();
  router.get(LIST, async (request, response) => {
    await showList(parts, request, response);
  });
  router.get(NEW, (request, response) => {
    showNew(parts, request, response, { ...NEW_RESOURCE, identifier: "" }, []);
  });
  router.post(NEW, ownForm(parts, FORM_LIMIT_BYTES), async (request: Request, response: Response) => {
    await declare(parts, request, response);
  });
  // After what is new, whose name it would otherwise take for an id.
  router.use(adminResourceEndpoint(parts));
  return router;
}

async function showList(parts: AdminParts, request: Request, response: Response): Promise<void> {
  const applications = await parts.acts.store.applications.all();
  const resources = await allResources(parts);
  const rows = resources.map((resource) => ({
    id: resource.id,
    name: resource.name,
    identifier: resource.identifier,
    scopes: resource.scopes.length,
    clients: clientsOf(resource, applications).length,
    enabled: resource.enabled,
    isBuiltIn: isBuiltIn(parts, resource),
  }));
  sendAdminPage(parts, request, response, { view: "resources", data: { rows } });
}

async function declare(parts: AdminParts, request: Request, response: Response): Promise<void> {
  const { csrf: _, ...fields } = readForm(formOf(request), newForm);
  const read = typedResource(fields);
  if ("issue" in read) {
    showNew(parts, request, response, fields, [read.issue]);
    return;
  }
  const input = { ...read.typed, identifier: fields.identifier.trim() };
  const acts = { ...parts.acts, issuer: parts.issuer };
  const result = await declareResource(acts, actorOf(request), input);
  if (result.ok) {
    answerAct(parts, request, response, result, `${LIST}/${result.resource.id}?declared`);
    return;
  }
  const { field = "identifier", message } = result;
  showNew(parts, request, response, fields, result.issues ?? [{ field, text: sentence(message) }]);
}

function showNew(
  parts: AdminParts,
  request: Request,
  response: Response,
  fields: NewFields,
  issues: readonly Issue[],
): void {
  sendAdminPage(parts, request, response, {
    view: "resource-new",
    status: issues.length === 0 ? 200 : 400,
    data: { fields, wrong: wrongByField(issues) },
  });
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
