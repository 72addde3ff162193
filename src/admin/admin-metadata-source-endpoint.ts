import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { formOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import type { Refused } from "./acts/act.ts";
import { setMetadataSource, settleWaitingMetadata, waitingDigest } from "./acts/metadata-source.ts";
import { certificateFacts } from "./certificate-facts.ts";
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

const sourceForm = adminForm({ url: line(2000), pin: line(20_000) });
const waitingForm = adminForm({ digest: z.string().max(100), decision: z.enum(["agree", "dismiss"]) });
type SourceForm = z.output<typeof sourceForm>;

/** /admin/applications/:id/metadata: where its metadata is fetched, how that went, and what waits for an owner. */
export function adminMetadataSourceEndpoint(parts: AdminParts): Router {
  const router = Router();
  const path = "/applications/:id/metadata";
  router.get(path, async (request: OneApplication, response: Response) => {
    await show(parts, request, response);
  });
  router.post(path, ownForm(parts), async (request: OneApplication, response: Response) => {
    const form = readForm(formOf(request), sourceForm);
    const { id } = request.params;
    const input = form.url === undefined ? undefined : { url: form.url.trim(), pin: form.pin };
    const result = await setMetadataSource(parts.acts, actorOf(request), id, input);
    if (!result.ok && result.code === "invalid") await show(parts, request, response, form, result);
    else answerAct(parts, request, response, result, `/applications/${id}/metadata`);
  });
  router.post(`${path}/waiting`, ownForm(parts), async (request: OneApplication, response: Response) => {
    const { digest, decision } = readForm(formOf(request), waitingForm);
    const { id } = request.params;
    const answer = { digest, agreed: decision === "agree" };
    const result = await settleWaitingMetadata(parts.acts, actorOf(request), id, answer);
    answerAct(parts, request, response, result, `/applications/${id}/metadata`);
  });
  return router;
}

async function show(
  parts: AdminParts,
  request: OneApplication,
  response: Response,
  typed?: SourceForm,
  wrong?: Refused,
): Promise<void> {
  const application = await parts.acts.store.applications.get(request.params.id);
  if (application?.protocol !== "saml") {
    parts.replySender.problem(request, response, noSuch("application"));
    return;
  }
  const { id, name, metadataSource: source } = application;
  const pinned = source?.pinnedCertificate;
  sendAdminPage(parts, request, response, {
    view: "metadata-source",
    status: wrong === undefined ? 200 : 400,
    data: {
      application: { id, name },
      url: typed?.url ?? source?.url ?? "",
      pin: typed?.pin ?? (pinned === undefined ? "" : (certificateFacts(pinned)?.pem ?? "")),
      source,
      waiting: source?.waiting?.changes,
      digest: source === undefined ? undefined : waitingDigest(source),
      wrong: wrong === undefined ? {} : { [wrong.field ?? "url"]: wrong.message },
    },
  });
}
