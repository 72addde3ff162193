import { type Request, type Response, Router } from "express";
import { z } from "zod";
import type { Problem } from "../flow/problem.ts";
import { formOf, queryOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import type { Resource } from "../model/resource.ts";
import type { Issue } from "./acts/act.ts";
import { changeResource } from "./acts/change-resource.ts";
import { removeResource } from "./acts/remove-resource.ts";
import { adminTokenActor } from "./admin-token-page-endpoint.ts";
import { type AdminParts, actorOf, adminForm, answerAct, ownForm, sendAdminPage } from "./owner-endpoint.ts";
import {
  resourceFields,
  type ResourceFields,
  resourceFieldsOf,
  typedResource,
  wrongByField,
} from "./resource-form.ts";
import { clientsOf, introspectorsOf, isBuiltIn, oneResource } from "./resource-view.ts";

const PATH = "/resources/:id";
const FORM_LIMIT_BYTES = 262_144;

type OneResource = Request<{ id: string }>;

/** `version`: what the page was made of: a form must not undo what another owner has changed since. */
const changeForm = adminForm({ version: z.string().regex(/^\d{1,16}$/), ...resourceFields });
const switchForm = adminForm({ enabled: z.enum(["on", "off"]) });
const removeForm = adminForm({});

interface Wrong {
  readonly fields: ResourceFields;
  readonly version: string;
  readonly issues: readonly Issue[];
}

/** One resource: its scopes and who has it; changed, off and on, and gone after a look at who loses it. */
export function adminResourceEndpoint(parts: AdminParts): Router {
  const router = Router();
  router.get(PATH, async (request: OneResource, response: Response) => {
    await show(parts, request, response);
  });
  router.post(PATH, ownForm(parts, FORM_LIMIT_BYTES), async (request: OneResource, response: Response) => {
    await change(parts, request, response);
  });
  router.post(`${PATH}/switch`, ownForm(parts), async (request: OneResource, response: Response) => {
    const enabled = readForm(formOf(request), switchForm).enabled === "on";
    const { id } = request.params;
    const acts = { ...parts.acts, issuer: parts.issuer };
    const result = await changeResource(acts, actorOf(request), id, { enabled });
    answerAct(parts, request, response, result, `/resources/${id}`);
  });
  router.get(`${PATH}/remove`, async (request: OneResource, response: Response) => {
    await askWhetherToRemove(parts, request, response);
  });
  router.post(`${PATH}/remove`, ownForm(parts), async (request: OneResource, response: Response) => {
    readForm(formOf(request), removeForm);
    const result = await removeResource(parts.acts, actorOf(request), request.params.id);
    answerAct(parts, request, response, result, "/resources");
  });
  return router;
}

async function change(parts: AdminParts, request: OneResource, response: Response): Promise<void> {
  const { csrf: _, version, ...fields } = readForm(formOf(request), changeForm);
  const { id } = request.params;
  const read = typedResource(fields);
  if ("issue" in read) {
    await show(parts, request, response, { fields, version, issues: [read.issue] });
    return;
  }
  const changes = { ...read.typed, accessTokenFormat: read.typed.accessTokenFormat ?? null };
  const acts = { ...parts.acts, issuer: parts.issuer };
  const result = await changeResource(acts, actorOf(request), id, changes, Number(version));
  if (result.ok || result.code === "not-found" || result.code === "conflict") {
    answerAct(parts, request, response, result, `/resources/${id}?changed`);
    return;
  }
  const issues = result.issues ?? [{ field: result.field ?? "name", text: `${result.message}.` }];
  await show(parts, request, response, { fields, version, issues });
}

async function show(
  parts: AdminParts,
  request: OneResource,
  response: Response,
  wrong?: Wrong,
): Promise<void> {
  const resource = await oneResource(parts, request.params.id);
  if (resource === undefined) {
    parts.replySender.problem(request, response, noSuchResource());
    return;
  }
  const query = queryOf(request);
  sendAdminPage(parts, request, response, {
    view: "resource",
    status: wrong === undefined ? 200 : 400,
    data: {
      ...(await facts(parts, resource)),
      fields: wrong?.fields ?? resourceFieldsOf(resource),
      version: wrong?.version ?? String(resource.updatedAtMs),
      wrong: wrongByField(wrong?.issues ?? []),
      isNew: query.has("declared"),
      isChanged: wrong === undefined && query.has("changed"),
    },
  });
}

async function facts(parts: AdminParts, resource: Resource): Promise<object> {
  const applications = await parts.acts.store.applications.all();
  return {
    resource,
    isBuiltIn: isBuiltIn(parts, resource),
    clients: clientsOf(resource, applications),
    introspectors: introspectorsOf(resource, applications),
  };
}

/** A page of its own: who loses it has to be seen before, and stands nowhere afterwards. */
async function askWhetherToRemove(
  parts: AdminParts,
  request: OneResource,
  response: Response,
): Promise<void> {
  const resource = await parts.acts.store.resources.get(request.params.id);
  if (resource === undefined) {
    parts.replySender.problem(request, response, noSuchResource());
    return;
  }
  const { tokens } = parts.tokenPages;
  const filter = { resource: resource.identifier, notRevoked: true };
  const { total } = await tokens.list(adminTokenActor(request), filter, { limit: 1 });
  sendAdminPage(parts, request, response, {
    view: "resource-remove",
    data: { ...(await facts(parts, resource)), tokens: total },
  });
}

function noSuchResource(): Problem {
  return {
    status: 404,
    code: "admin.no-such-resource",
    title: "There is no such resource",
    explanation: "It was removed, or the address is not whole. Nothing was changed.",
    advice: "Begin again at the list.",
    fault: "nobody",
    facts: [],
  };
}
