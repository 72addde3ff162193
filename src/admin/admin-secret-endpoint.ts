import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { formOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import {
  DEFAULT_OVERLAP_HOURS,
  LONGEST_OVERLAP_HOURS,
  rotateClientSecret,
} from "./acts/rotate-client-secret.ts";
import { formOnceId, spendForm } from "./form-once.ts";
import {
  type AdminParts,
  actorOf,
  adminForm,
  answerAct,
  line,
  ownForm,
  sendAdminPage,
} from "./owner-endpoint.ts";
import { noSuch, sentBefore } from "./problems.ts";

const PATH = "/applications/:id/secret";

const secretForm = adminForm({
  once: z.string().regex(/^[\w-]{43}$/),
  overlapHours: line(20),
});

type OneClient = Request<{ id: string }>;

/** A new secret for a client: in the answer of the POST, once, and nowhere else. */
export function adminSecretEndpoint(parts: AdminParts): Router {
  const router = Router();
  router.get(PATH, async (request, response) => {
    await showForm(parts, request, response);
  });
  router.post(PATH, ownForm(parts), async (request: OneClient, response: Response) => {
    await receive(parts, request, response);
  });
  return router;
}

async function showForm(
  parts: AdminParts,
  request: OneClient,
  response: Response,
  wrong?: { readonly overlapHours: string; readonly message: string },
): Promise<void> {
  const client = await parts.acts.store.applications.get(request.params.id);
  if (client?.protocol !== "oidc" || client.secrets.length === 0) {
    parts.replySender.problem(request, response, noSuch("application"));
    return;
  }
  sendAdminPage(parts, request, response, {
    view: "secret-new",
    status: wrong === undefined ? 200 : 400,
    data: {
      application: { id: client.id, name: client.name },
      once: formOnceId(parts.acts.random),
      overlapHours: wrong?.overlapHours ?? String(DEFAULT_OVERLAP_HOURS),
      longest: LONGEST_OVERLAP_HOURS,
      wrong: wrong?.message,
    },
  });
}

async function receive(parts: AdminParts, request: OneClient, response: Response): Promise<void> {
  const { once, overlapHours = "" } = readForm(formOf(request), secretForm);
  const { id } = request.params;
  const hours = /^\d{1,5}$/.test(overlapHours.trim()) ? Number(overlapHours) : Number.NaN;
  if (!(hours <= LONGEST_OVERLAP_HOURS)) {
    const message = `Give a whole number of hours, from 0 to ${LONGEST_OVERLAP_HOURS}.`;
    await showForm(parts, request, response, { overlapHours, message });
    return;
  }
  // A reload of the answer would make one more secret, which nobody would write down.
  if (!(await spendForm(parts.volatile, once))) {
    parts.replySender.problem(request, response, sentBefore());
    return;
  }
  const result = await rotateClientSecret(parts.acts, actorOf(request), id, { overlapHours: hours });
  if (!result.ok) {
    answerAct(parts, request, response, result, `/applications/${id}`);
    return;
  }
  const { application, clientSecret, othersExpireAtMs } = result;
  sendAdminPage(parts, request, response, {
    view: "secret-made",
    data: {
      application: { id: application.id, name: application.name },
      clientSecret,
      others: application.secrets.length - 1,
      othersExpireAtMs: hours === 0 ? undefined : othersExpireAtMs,
    },
  });
}
