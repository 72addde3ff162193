import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { formOf, queryOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import type { Refused } from "./acts/act.ts";
import { setKeyRollover } from "./acts/set-key-rollover.ts";
import { stepKey } from "./acts/step-key.ts";
import { keysNow, RETIRED_SHOWN } from "./application-keys.ts";
import { pageOf } from "./application-search.ts";
import { standingsOf } from "./key-standing.ts";
import { keyTypesView, standingView } from "./key-view.ts";
import {
  type AdminParts,
  actorOf,
  adminForm,
  answerAct,
  line,
  ownForm,
  sendAdminPage,
} from "./owner-endpoint.ts";

const PATH = "/keys";
const PAGE_SIZE = 25;

const stepForm = adminForm({
  keyId: z.string().max(200),
  step: z.enum(["sign", "retire", "go-back"]),
  reason: line(2_000),
});
const scheduleForm = adminForm({
  /** What the page was made of: a form must not undo what another owner has changed since. */
  version: z.string().regex(/^\d{1,16}$/),
  rotateEveryDays: line(20),
  slowestReaderHours: line(20),
});
/** A query can be typed by hand: what makes no sense in it is taken as not said. */
const listQuery = z.object({ page: z.coerce.number().int().catch(1) });

/** A form that was refused, as it was typed. */
interface Wrong {
  readonly refused: Refused;
  readonly step?: z.output<typeof stepForm>;
  readonly schedule?: z.output<typeof scheduleForm>;
}

/** /admin/keys: the signing keys, the steps of a rollover, and what each application was last seen to accept. */
export function adminKeysEndpoint(parts: AdminParts): Router {
  const router = Router();
  router.get(PATH, async (request, response) => {
    await show(parts, request, response);
  });
  router.post(`${PATH}/step`, ownForm(parts), async (request: Request, response: Response) => {
    const step = readForm(formOf(request), stepForm);
    const given = { ...parts.acts, signingKeys: parts.signingKeys };
    const { keyId, reason } = step;
    const refused = await stepKey(given, actorOf(request), { keyId, step: step.step, reason });
    if (!refused.ok && refused.field !== undefined) await show(parts, request, response, { refused, step });
    else answerAct(parts, request, response, refused, `${PATH}?done=${step.step}`);
  });
  router.post(`${PATH}/schedule`, ownForm(parts), async (request: Request, response: Response) => {
    const schedule = readForm(formOf(request), scheduleForm);
    const changes = {
      rotateEveryDays:
        (schedule.rotateEveryDays ?? "").trim() === "" ? null : whole(schedule.rotateEveryDays),
      slowestReaderHours: whole(schedule.slowestReaderHours),
    };
    const refused = await setKeyRollover(parts.acts, actorOf(request), changes, Number(schedule.version));
    if (!refused.ok && refused.field !== undefined)
      await show(parts, request, response, { refused, schedule });
    else answerAct(parts, request, response, refused, `${PATH}?done=schedule`);
  });
  return router;
}

/** NaN for what is no whole number: the act refuses it at its field. */
function whole(text: string | undefined): number {
  const digits = (text ?? "").trim();
  return /^\d{1,6}$/.test(digits) ? Number(digits) : Number.NaN;
}

async function show(parts: AdminParts, request: Request, response: Response, wrong?: Wrong): Promise<void> {
  const now = await keysNow(parts);
  const retired = await parts.signingKeys.retired(RETIRED_SHOWN);
  const standings = standingsOf(parts.applications.all(), await parts.keyUses.all(), now);
  const { page } = readForm(queryOf(request), listQuery);
  const { items, ...paging } = pageOf(standings, page, PAGE_SIZE);
  const types = keyTypesView(now, retired, standings);
  const { rotateEveryDays, slowestReaderHours } = now.rollover;
  sendAdminPage(parts, request, response, {
    view: "keys",
    status: wrong === undefined ? 200 : 400,
    data: {
      types,
      rows: items.map((standing) => standingView(standing, [...now.keys, ...retired])),
      paging,
      holders: types.flatMap(({ keys }) => keys.flatMap(({ heldBy }) => heldBy)),
      missed: standings.filter(({ sight }) => sight === "missed").length,
      schedule: wrong?.schedule ?? { rotateEveryDays, slowestReaderHours, version: now.version },
      isScheduled: rotateEveryDays !== undefined,
      typed: wrong?.step,
      wrong: wrong === undefined ? {} : { [wrong.refused.field ?? ""]: wrong.refused.message },
      done: wrong === undefined ? queryOf(request).get("done") : undefined,
    },
  });
}
