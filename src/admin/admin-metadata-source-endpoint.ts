import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { formOf, queryOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import type { Refused } from "./acts/act.ts";
import { setMetadataSource, settleWaitingMetadata, waitingDigest } from "./acts/metadata-source.ts";
import { settleWaitingMember, waitingMember } from "./acts/waiting-member.ts";
import { certificateFacts } from "./certificate-facts.ts";
import { refreshNow } from "./metadata-schedule.ts";
import {
  ADMIN_PATH,
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
const fetchForm = adminForm({});
/** What "Fetch now" brought, as the address says it after the redirect. */
const OUTCOMES = ["unchanged", "applied", "waiting", "failed", "conflict", "busy"] as const;
const pageQuery = z.object({ fetched: z.enum(OUTCOMES).optional().catch(undefined) });

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
  router.post(`${path}/fetch`, ownForm(parts), async (request: OneApplication, response: Response) => {
    readForm(formOf(request), fetchForm);
    const { id } = request.params;
    const { acts, volatile, outbound } = parts;
    const outcome = await refreshNow({ ...acts, volatile, outbound }, actorOf(request), id);
    const to = `${ADMIN_PATH}/applications/${id}/metadata?fetched=${outcome}`;
    if (outcome === undefined) parts.replySender.problem(request, response, noSuch("application"));
    else parts.replySender.outcome(request, response, { kind: "go", to });
  });
  router.post(`${path}/member`, ownForm(parts), async (request: OneApplication, response: Response) => {
    const { digest, decision } = readForm(formOf(request), waitingForm);
    const { id } = request.params;
    const answer = { digest, agreed: decision === "agree" };
    const result = await settleWaitingMember(parts.acts, actorOf(request), id, answer);
    answerAct(parts, request, response, result, `/applications/${id}/metadata`);
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
  const { id, name, metadataSource: source, membership } = application;
  const { store } = parts.acts;
  const last = source === undefined ? undefined : await store.metadataFetches.get(id);
  const federation =
    membership === undefined ? undefined : await store.federations.get(membership.federationId);
  const member = await waitingMember(parts.acts, application);
  const pinned = source?.pinnedCertificate;
  sendAdminPage(parts, request, response, {
    view: "metadata-source",
    status: wrong === undefined ? 200 : 400,
    data: {
      application: { id, name },
      url: typed?.url ?? source?.url ?? "",
      pin: typed?.pin ?? (pinned === undefined ? "" : (certificateFacts(pinned)?.pem ?? "")),
      isPinned: pinned !== undefined,
      hasSource: source !== undefined,
      last: last?.url === source?.url ? last : undefined,
      waiting: source?.waiting?.changes,
      digest: source === undefined ? undefined : waitingDigest(source),
      federation: federation === undefined ? undefined : { id: federation.id, name: federation.name },
      hasLeft: membership?.leftAtMs !== undefined,
      member:
        member === undefined
          ? undefined
          : { digest: member.digest, changes: member.changes, problem: member.problem },
      fetched: typed === undefined ? readForm(queryOf(request), pageQuery).fetched : undefined,
      wrong: wrong === undefined ? {} : { [wrong.field ?? "url"]: wrong.message },
    },
  });
}
