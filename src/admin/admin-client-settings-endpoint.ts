import { type Request, type Response, Router } from "express";
import { formOf } from "../http/form-body.ts";
import type { OidcApplication } from "../model/application.ts";
import { JWS_ALGORITHMS } from "../oidc/jwt-algorithms.ts";
import type { Issue } from "./acts/act.ts";
import { changeClient } from "./acts/change-client.ts";
import { type ClientFields, clientChangesOf, clientFieldsOf, readClientForm } from "./client-form.ts";
import { type AdminParts, actorOf, answerAct, ownForm, sendAdminPage } from "./owner-endpoint.ts";
import { noSuch } from "./problems.ts";
import { allResources } from "./resource-view.ts";

const PATH = "/applications/:id/client";
const FORM_LIMIT_BYTES = 524_288;

type OneApplication = Request<{ id: string }>;

/** /admin/applications/:id/client: everything about an OpenID Connect client but what it is and how it proves that. */
export function adminClientSettingsEndpoint(parts: AdminParts): Router {
  const router = Router();
  router.get(PATH, async (request: OneApplication, response: Response) => {
    await show(parts, request, response);
  });
  router.post(PATH, ownForm(parts, FORM_LIMIT_BYTES), async (request: OneApplication, response: Response) => {
    const fields = readClientForm(formOf(request));
    const read = clientChangesOf(fields);
    if ("issue" in read) {
      await show(parts, request, response, { fields, issues: [read.issue] });
      return;
    }
    const { id } = request.params;
    const acts = { ...parts.acts, issuer: parts.issuer };
    const result = await changeClient(acts, actorOf(request), id, read.changes, Number(fields.version));
    if (!result.ok && result.issues !== undefined) {
      await show(parts, request, response, { fields, issues: result.issues });
    } else {
      answerAct(parts, request, response, result, `/applications/${id}`);
    }
  });
  return router;
}

async function show(
  parts: AdminParts,
  request: OneApplication,
  response: Response,
  typed?: { readonly fields: ClientFields; readonly issues: readonly Issue[] },
): Promise<void> {
  const client = await parts.acts.store.applications.get(request.params.id);
  if (client?.protocol !== "oidc") {
    parts.replySender.problem(request, response, noSuch("application"));
    return;
  }
  const fields = typed?.fields ?? clientFieldsOf(client);
  sendAdminPage(parts, request, response, {
    view: "client-settings",
    status: typed === undefined ? 200 : 400,
    data: {
      application: { id: client.id, name: client.name },
      hasKeys: client.authenticationMethod === "private_key_jwt",
      fields,
      resources: await resourceBoxes(parts, client, fields),
      algorithms: JWS_ALGORITHMS,
      wrong: wrongByField(fields, typed?.issues ?? []),
    },
  });
}

/** A box for each resource that there is, and for each that the client still names and nobody declares any more. */
async function resourceBoxes(
  parts: AdminParts,
  client: OidcApplication,
  { resources: ticked }: ClientFields,
): Promise<readonly object[]> {
  const known = await allResources(parts);
  const stray = (client.resources ?? []).filter((one) => !known.some(({ identifier }) => identifier === one));
  return [
    ...known.map(({ identifier, name, scopes }) => ({
      identifier,
      name,
      scopes: scopes.map((scope) => scope.name).join(", "),
      checked: ticked.includes(identifier),
    })),
    ...stray.map((identifier) => ({ identifier, checked: ticked.includes(identifier) })),
  ];
}

/** All sentences about a field in one line, with the place in a list; what is about no field stands with the name. */
function wrongByField(fields: ClientFields, issues: readonly Issue[]): Readonly<Record<string, string>> {
  const byField = new Map<string, string>();
  for (const { field, text } of issues) {
    const [base = ""] = /^\w+/.exec(field) ?? [];
    const place = /\[(\d+)\]/.exec(field)?.[1];
    const said = place === undefined ? text : `Line ${Number(place) + 1}: ${text}`;
    const at = Object.hasOwn(fields, WHERE[base] ?? base) ? (WHERE[base] ?? base) : "name";
    byField.set(at, [byField.get(at), said].filter((part) => part !== undefined).join(" "));
  }
  return Object.fromEntries(byField);
}

/** Fields of a registration that have another name on the page. */
const WHERE: Readonly<Record<string, string>> = {
  grantTypes: "authorizationCode",
  pkceRequired: "pkce",
  parRequired: "par",
};
