import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { BodyRefused, formOf, queryOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import type { Federation } from "../model/federation.ts";
import type { Page } from "../storage/page.ts";
import type { FederationStore, MemberLine } from "../storage/federation-store.ts";
import type { Refused } from "./acts/act.ts";
import { changeFederation, settingsVersion } from "./acts/change-federation.ts";
import { isOver, registerMember } from "./acts/federation-members.ts";
import { removeFederation } from "./acts/federations.ts";
import { isBeingRead, refreshFederation } from "./acts/refresh-federation.ts";
import { oneByOne, readOwnUpload } from "./admin-federations-endpoint.ts";
import { certificateFacts } from "./certificate-facts.ts";
import { readForAWhile } from "./federation-reading.ts";
import { federationFacts, followersOf, stateOfFederation, waitingOf } from "./federation-view.ts";
import {
  ADMIN_PATH,
  type AdminParts,
  actorOf,
  adminForm,
  answerAct,
  checkBox,
  line,
  ownForm,
  sendAdminPage,
} from "./owner-endpoint.ts";
import { noSuch } from "./problems.ts";

type OneFederation = Request<{ id: string }>;

const PATH = "/federations/:id";
const MEMBERS_SHOWN = 25;
const WAITING_SHOWN = 50;
/** The other side's file may be large, and reading it costs seconds: an owner's wish comes once a minute. */
const FETCH_EVERY_MS = 60_000;

const OUTCOMES = [
  "unchanged",
  "switched",
  "failed",
  "busy",
  "reading",
  "soon",
  "added",
  "changed",
  "nothing",
  "not-found",
] as const;
type Outcome = (typeof OUTCOMES)[number];

/** A query can be typed by hand: what makes no sense in it is taken as not said. */
const pageQuery = z.object({
  q: z.string().max(1_024).catch(""),
  after: z.string().max(4_000).optional().catch(undefined),
  fetched: z.enum(OUTCOMES).optional().catch(undefined),
});
const settingsForm = adminForm({
  version: z.string().max(100),
  name: line(100).transform((value) => value ?? ""),
  url: line(2_000),
  pin: line(20_000),
  allowAllMembers: checkBox,
});
type SettingsForm = z.output<typeof settingsForm>;
const memberForm = adminForm({ entityId: z.string().max(1_024), replace: checkBox });
const nothingForm = adminForm({});

interface WrongSettings {
  readonly typed: SettingsForm;
  readonly refused: Refused;
}

/** /admin/federations/:id: how it goes with one, its members, what is decided about it, and its end. */
export function adminFederationEndpoint(parts: AdminParts): Router {
  const router = Router();
  router.get(PATH, async (request: OneFederation, response: Response) => {
    await show(parts, request, response);
  });
  router.post(`${PATH}/fetch`, ownForm(parts), async (request: OneFederation, response: Response) => {
    readForm(formOf(request), nothingForm);
    await fetchNow(parts, request, response);
  });
  router.post(`${PATH}/file`, async (request: OneFederation, response: Response) => {
    await receiveFile(parts, request, response);
  });
  router.post(`${PATH}/settings`, ownForm(parts), async (request: OneFederation, response: Response) => {
    await changeSettings(parts, request, response);
  });
  router.post(`${PATH}/register`, ownForm(parts), async (request: OneFederation, response: Response) => {
    await register(parts, request, response);
  });
  router.post(`${PATH}/remove`, ownForm(parts), async (request: OneFederation, response: Response) => {
    readForm(formOf(request), nothingForm);
    const result = await removeFederation(parts.acts, actorOf(request), request.params.id);
    answerAct(parts, request, response, result, "/federations");
  });
  return router;
}

async function fetchNow(parts: AdminParts, request: OneFederation, response: Response): Promise<void> {
  const { id } = request.params;
  const found = await parts.acts.store.federations.get(id);
  if (found?.url === undefined) parts.replySender.problem(request, response, noSuch("federation"));
  else if (await parts.volatile.setIfAbsent(`federation-fetch:${id}`, "1", FETCH_EVERY_MS)) {
    await read(parts, request, response);
  } else goTo(parts, request, response, "soon");
}

/** A new file for a federation that has no address. */
async function receiveFile(parts: AdminParts, request: OneFederation, response: Response): Promise<void> {
  const form = await readOwnUpload(parts, request, response);
  if (form === undefined) return;
  const known = [...form.fields.keys()].every((name) => name === "csrf" || name === "xml");
  const pasted = form.fields.get("xml")?.trim() ?? "";
  const bytes = form.file?.bytes ?? Buffer.from(pasted);
  if (!known || (form.file !== undefined && (form.file.field !== "file" || pasted !== ""))) {
    throw new BodyRefused(400, "the form is not one of ours");
  }
  const found = await parts.acts.store.federations.get(request.params.id);
  // One that has an address is never read from elsewhere: the next fetch would undo it.
  if (found === undefined || found.url !== undefined) {
    parts.replySender.problem(request, response, noSuch("federation"));
  } else if (bytes.length === 0) goTo(parts, request, response, "nothing");
  else await read(parts, request, response, bytes);
}

async function read(
  parts: AdminParts,
  request: OneFederation,
  response: Response,
  given?: Uint8Array,
): Promise<void> {
  const { acts, volatile, outbound } = parts;
  const file = given === undefined ? undefined : oneByOne(given);
  const { id } = request.params;
  const reading = refreshFederation({ ...acts, volatile, outbound }, actorOf(request), id, file);
  goTo(parts, request, response, await readForAWhile(reading));
}

function goTo(parts: AdminParts, request: OneFederation, response: Response, outcome: Outcome): void {
  const to = `${ADMIN_PATH}/federations/${request.params.id}?fetched=${outcome}`;
  parts.replySender.outcome(request, response, { kind: "go", to });
}

async function changeSettings(parts: AdminParts, request: OneFederation, response: Response): Promise<void> {
  const typed = readForm(formOf(request), settingsForm);
  const { version, name, allowAllMembers } = typed;
  const input = {
    name,
    url: typed.url?.trim() || undefined,
    pin: typed.pin?.trim() || undefined,
    allowAllMembers,
  };
  const { id } = request.params;
  const result = await changeFederation(parts.acts, actorOf(request), id, input, version);
  if (!result.ok && result.field !== undefined)
    await show(parts, request, response, { typed, refused: result });
  else answerAct(parts, request, response, result, `/federations/${id}`);
}

async function register(parts: AdminParts, request: OneFederation, response: Response): Promise<void> {
  const { entityId, replace } = readForm(formOf(request), memberForm);
  const found = await parts.acts.store.federations.get(request.params.id);
  if (found === undefined) {
    parts.replySender.problem(request, response, noSuch("federation"));
    return;
  }
  const result = await registerMember(parts.acts, actorOf(request), found, entityId, { replace });
  const to = result.ok ? `/applications/${result.application.id}?registered` : "";
  answerAct(parts, request, response, result, to);
}

async function show(
  parts: AdminParts,
  request: OneFederation,
  response: Response,
  wrong?: WrongSettings,
): Promise<void> {
  const { acts, applications, volatile } = parts;
  const found = await acts.store.federations.get(request.params.id);
  if (found === undefined) {
    parts.replySender.problem(request, response, noSuch("federation"));
    return;
  }
  const nowMs = acts.clock.nowMs();
  const followers = followersOf(applications.all()).get(found.id) ?? [];
  const { fetched, ...wanted } = readForm(queryOf(request), pageQuery);
  sendAdminPage(parts, request, response, {
    view: "federation",
    status: wrong === undefined ? 200 : 400,
    data: {
      federation: federationFacts(found, nowMs),
      state: stateOfFederation(found, followers, nowMs),
      fetched: wrong === undefined ? fetched : undefined,
      isBeingRead: await isBeingRead({ volatile }, found.id),
      registered: followers.length,
      waiting: waitingOf(followers)
        .slice(0, WAITING_SHOWN)
        .map(({ id, name, entityId }) => ({ id, name, entityId })),
      ...(await members(parts, found, wanted, nowMs)),
      ...settings(found, wrong),
    },
  });
}

/** The members that are shown. An entityID is found by the index; words are looked for in all of them. */
async function members(
  { acts, applications }: AdminParts,
  { id, copy }: Federation,
  { q, after }: { readonly q: string; readonly after?: string | undefined },
  nowMs: number,
): Promise<object> {
  const { federations } = acts.store;
  const searched = q.trim();
  const exact = searched === "" ? undefined : await federations.member(id, searched);
  const page: Page<MemberLine> =
    exact !== undefined
      ? { items: [exact], total: 1, next: undefined }
      : copy === undefined
        ? { items: [], total: 0, next: undefined }
        : await listOrFirstPage(federations, copy.generation, { search: searched, after });
  const rows = page.items.map((member) => {
    const known = applications.samlByEntityId(member.entityId);
    return {
      entityId: member.entityId,
      name: member.name,
      isOver: isOver(member, nowMs),
      application: known && {
        id: known.id,
        name: known.name,
        follows: known.membership?.federationId === id,
      },
    };
  });
  return { rows, q: searched, total: page.total, next: page.next, isExact: exact !== undefined };
}

/** A cursor that is not one of ours (an old bookmark, a guess) shows the first page. */
async function listOrFirstPage(
  federations: Pick<FederationStore, "listMembers">,
  generation: string,
  { search, after }: { readonly search: string; readonly after?: string | undefined },
): Promise<Page<MemberLine>> {
  try {
    return await federations.listMembers(generation, { search, after, limit: MEMBERS_SHOWN });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return await federations.listMembers(generation, { search, limit: MEMBERS_SHOWN });
  }
}

function settings(found: Federation, wrong: WrongSettings | undefined): object {
  const { name, url, pinnedCertificate, allowAllMembers } = found;
  const pin = pinnedCertificate === undefined ? "" : (certificateFacts(pinnedCertificate)?.pem ?? "");
  const typed = wrong?.typed ?? { name, url, pin, allowAllMembers, version: settingsVersion(found) };
  const message = wrong?.refused;
  return { typed, wrong: message === undefined ? {} : { [message.field ?? "name"]: message.message } };
}
