import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { formOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import type { Issue } from "./acts/act.ts";
import { type RegisterClientInput, registerClient } from "./acts/register-client.ts";
import { addressesFor } from "./application-view.ts";
import { formOnceId, spendForm } from "./form-once.ts";
import { readGroups } from "./group-names.ts";
import { type AdminParts, actorOf, adminForm, line, ownForm, sendAdminPage } from "./owner-endpoint.ts";
import { sentBefore } from "./problems.ts";

const PATH = "/applications/new/client";

const clientForm = adminForm({
  once: z.string().regex(/^[\w-]{43}$/),
  name: line(),
  profile: z.enum(["web", "browser", "native", "service"]),
  authenticationMethod: z
    .enum(["client_secret_basic", "client_secret_post", "private_key_jwt", "none"])
    .optional(),
  jwks: line(50_000),
  jwksUri: line(2_048),
  redirectUris: line(20_000),
  postLogoutRedirectUris: line(20_000),
  backchannelLogoutUri: line(2_048),
  frontchannelLogoutUri: line(2_048),
  startUrl: line(2_048),
  consent: z.enum(["ask", "implied"]),
  groups: line(20_000),
});

type ClientForm = z.infer<typeof clientForm>;

/** Registering an OpenID Connect client by a form. Its secret is in the answer of the POST, once, and nowhere else. */
export function adminClientEndpoint(parts: AdminParts): Router {
  const router = Router();
  router.get(PATH, (request, response) => {
    showForm(parts, request, response);
  });
  router.post(PATH, ownForm(parts, 262_144), async (request: Request, response: Response) => {
    await receive(parts, request, response);
  });
  return router;
}

function showForm(
  parts: AdminParts,
  request: Request,
  response: Response,
  wrong?: { readonly form: ClientForm; readonly issues: readonly Issue[] },
): void {
  const {
    csrf: _,
    once: __,
    ...typed
  } = wrong?.form ?? { profile: "web", consent: "implied", csrf: "", once: "" };
  sendAdminPage(parts, request, response, {
    view: "client-new",
    status: wrong === undefined ? 200 : 400,
    data: { typed, wrong: wrongByField(wrong?.issues ?? []), once: formOnceId(parts.acts.random) },
  });
}

/** All sentences about a field in one line; what is about no field of the form stands with the name. */
function wrongByField(issues: readonly Issue[]): Readonly<Record<string, string>> {
  const shown = new Set<string>(Object.keys(clientForm.shape));
  const byField = new Map<string, string>();
  for (const { field, text } of issues) {
    const base = /^\w+/.exec(field)?.[0] ?? "";
    const at = shown.has(base) ? base : "name";
    byField.set(at, [byField.get(at), text].filter((part) => part !== undefined).join(" "));
  }
  return Object.fromEntries(byField);
}

async function receive(parts: AdminParts, request: Request, response: Response): Promise<void> {
  const form = readForm(formOf(request), clientForm);
  const input = inputOf(form);
  if ("field" in input) {
    showForm(parts, request, response, { form, issues: [input] });
    return;
  }
  // A reload of the answer would make a second client, whose secret nobody would write down.
  if (!(await spendForm(parts.volatile, form.once))) {
    parts.replySender.problem(request, response, sentBefore());
    return;
  }
  const acts = { ...parts.acts, issuer: parts.issuer };
  const result = await registerClient(acts, actorOf(request), input);
  if (!result.ok) {
    const issues = result.issues ?? [{ field: result.field ?? "name", text: result.message }];
    showForm(parts, request, response, { form, issues });
    return;
  }
  const { application, clientSecret } = result;
  sendAdminPage(parts, request, response, {
    view: "client-registered",
    data: {
      application: { id: application.id, name: application.name },
      clientSecret,
      addresses: addressesFor(application, parts.issuer),
    },
  });
}

function inputOf(form: ClientForm): RegisterClientInput | Issue {
  const jwks = form.jwks === undefined ? undefined : readJson(form.jwks);
  if (form.jwks !== undefined && jwks === undefined) {
    return { field: "jwks", text: "This is not a JWK set: it is not JSON." };
  }
  const groups = readGroups(form.groups ?? "");
  return {
    name: form.name ?? "",
    profile: form.profile,
    authenticationMethod: form.authenticationMethod,
    jwks,
    jwksUri: form.jwksUri?.trim() || undefined,
    redirectUris: linesOf(form.redirectUris),
    postLogoutRedirectUris: linesOf(form.postLogoutRedirectUris),
    backchannelLogoutUri: form.backchannelLogoutUri?.trim(),
    frontchannelLogoutUri: form.frontchannelLogoutUri?.trim(),
    startUrl: form.startUrl?.trim(),
    consent: form.consent,
    access: groups.length === 0 ? undefined : { kind: "groups", groups },
  };
}

function linesOf(text: string | undefined): string[] {
  return (text ?? "").split(/\s+/).filter((part) => part !== "");
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
