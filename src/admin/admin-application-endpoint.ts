import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { formOf, queryOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import type { Application } from "../model/application.ts";
import { removeApplication } from "./acts/remove-application.ts";
import { describeAccess, setAccess } from "./acts/set-access.ts";
import { switchApplication } from "./acts/switch-application.ts";
import { stateOf } from "./application-state.ts";
import { applicationKeys } from "./application-keys.ts";
import { samlProfilesOf } from "./admin-saml-profiles-endpoint.ts";
import { addressesFor, ourCertificate, registeredAt, theirKeys } from "./application-view.ts";
import { certificateFacts } from "./certificate-facts.ts";
import { readGroups } from "./group-names.ts";
import {
  type AdminParts,
  actorOf,
  adminForm,
  answerAct,
  line,
  ownForm,
  sendAdminPage,
} from "./owner-endpoint.ts";
import { noSuch } from "./problems.ts";

type OneApplication = Request<{ id: string }>;

/** A form about who may use the application, as it was typed and refused. */
interface WrongAccess {
  readonly message: string;
  readonly groups: string;
}

const switchForm = adminForm({ enabled: z.enum(["on", "off"]) });
const accessForm = adminForm({ access: z.enum(["everyone", "groups"]), groups: line(20_000) });
const removeForm = adminForm({});

/** One application: what to type at it, what is registered of it, who may use it; off, on and gone. */
export function adminApplicationEndpoint(parts: AdminParts): Router {
  const router = Router();
  router.get("/applications/:id", async (request, response) => {
    await show(parts, request, response);
  });
  router.get("/certificates/:id", (request, response) => {
    sendCertificate(parts, request, response);
  });
  router.post(
    "/applications/:id/switch",
    ownForm(parts),
    async (request: OneApplication, response: Response) => {
      const { enabled } = readForm(formOf(request), switchForm);
      const { id } = request.params;
      const result = await switchApplication(parts.acts, actorOf(request), id, enabled === "on");
      answerAct(parts, request, response, result, `/applications/${id}`);
    },
  );
  router.post(
    "/applications/:id/access",
    ownForm(parts),
    async (request: OneApplication, response: Response) => {
      await changeAccess(parts, request, response);
    },
  );
  router.post(
    "/applications/:id/remove",
    ownForm(parts),
    async (request: OneApplication, response: Response) => {
      readForm(formOf(request), removeForm);
      const result = await removeApplication(parts.acts, actorOf(request), request.params.id);
      answerAct(parts, request, response, result, "/applications");
    },
  );
  return router;
}

async function changeAccess(parts: AdminParts, request: OneApplication, response: Response): Promise<void> {
  const { access, groups = "" } = readForm(formOf(request), accessForm);
  const rule =
    access === "everyone"
      ? ({ kind: "everyone" } as const)
      : ({ kind: "groups", groups: readGroups(groups) } as const);
  const { id } = request.params;
  const result = await setAccess(parts.acts, actorOf(request), id, rule);
  if (!result.ok && result.code === "invalid") {
    await show(parts, request, response, { message: result.message, groups });
    return;
  }
  answerAct(parts, request, response, result, `/applications/${id}`);
}

async function show(
  parts: AdminParts,
  request: OneApplication,
  response: Response,
  wrongAccess?: WrongAccess,
): Promise<void> {
  // From the store, not from memory: another process may have registered it a moment ago.
  const application = await parts.acts.store.applications.get(request.params.id);
  if (application === undefined) {
    parts.replySender.problem(request, response, noSuch("application"));
    return;
  }
  sendAdminPage(parts, request, response, {
    view: "application",
    status: wrongAccess === undefined ? 200 : 400,
    data: {
      ...pageData(parts, application),
      keys: await applicationKeys(parts, application),
      ...accessData(application, wrongAccess),
      isNew: queryOf(request).has("registered"),
    },
  });
}

/** What the page shows. Of a secret only what it is recognised by: a view never gets a hash. */
function pageData(parts: AdminParts, application: Application): object {
  const nowMs = parts.acts.clock.nowMs();
  const { id, name, enabled, protocol, createdAtMs } = application;
  const secrets = application.protocol === "oidc" ? application.secrets : [];
  return {
    application: { id, name, enabled, protocol, createdAtMs },
    state: stateOf(application, nowMs),
    addresses: addressesFor(application, parts.issuer),
    registered: registeredAt(application),
    theirKeys: theirKeys(application),
    profiles: samlProfilesOf(application),
    secrets: secrets.map(({ lastFour, createdAtMs: madeAtMs, expiresAtMs }) => ({
      lastFour,
      madeAtMs,
      expiresAtMs,
    })),
    certificate: ourCertificate(parts.keyRing, application),
    nowMs,
  };
}

function accessData({ access }: Application, wrong: WrongAccess | undefined): object {
  const groups = access.kind === "groups" ? access.groups.join("\n") : "";
  return {
    access: describeAccess(access),
    everyone: wrong === undefined && access.kind === "everyone",
    groups: wrong?.groups ?? groups,
    wrongAccess: wrong?.message,
  };
}

/** One of our signing certificates, for a service provider that does not read metadata. */
function sendCertificate(parts: AdminParts, request: OneApplication, response: Response): void {
  const key = parts.keyRing.byId(request.params.id);
  const facts = key === undefined ? undefined : certificateFacts(key.certificate);
  if (facts === undefined) {
    parts.replySender.problem(request, response, noSuch("certificate"));
    return;
  }
  response.setHeader("Content-Disposition", 'attachment; filename="gatehouse.crt"');
  response.type("application/x-pem-file").send(facts.pem);
}
