import { type Request, type Response, Router } from "express";
import { PATHS } from "../flow/endpoints.ts";
import type { LogoutRunner } from "../flow/logout-run.ts";
import type { LogoutReceipt } from "../model/logout-receipt.ts";
import type { ReceiptStore } from "../storage/stores.ts";
import { formBody, rawQuery } from "./form-body.ts";
import { Parameters } from "./parameters.ts";
import type { ReplySender } from "./reply-sender.ts";

export interface LogoutRunEndpointParts {
  readonly runner: LogoutRunner;
  readonly receipts: ReceiptStore;
  readonly applications: { byId(id: string): { name: string; startUrl?: string | undefined } | undefined };
  readonly render: (view: string, data: Record<string, unknown>) => string;
  readonly replySender: ReplySender;
}

/** Frames load addresses of applications, and those may send the frame on to others of their own before ours. */
const RUN_POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; frame-src 'self' https: http:; frame-ancestors 'none'; base-uri 'none'";

/** Lets our own logout page, and nobody else's, frame this answer. */
export function allowFraming(response: Response): void {
  const policy = response.get("Content-Security-Policy") ?? "";
  response.set("Content-Security-Policy", policy.replace("frame-ancestors 'none'", "frame-ancestors 'self'"));
  response.set("X-Frame-Options", "SAMEORIGIN");
}

/** The pages of a logout that goes through the browser, and its receipt. */
export function logoutRunEndpoint(parts: LogoutRunEndpointParts): Router {
  const router = Router();
  router.get(PATHS.logoutRun, async (request, response) => {
    await showFrames(parts, request, response);
  });
  router.get(`${PATHS.logoutRun}/frame`, async (request, response) => {
    await showFrame(parts, request, response);
  });
  // The run's id is 256 random bits that only this browser was given: it is its own proof against forged posts.
  router.post(PATHS.logoutRun, formBody(4_096), async (request, response) => {
    const run = Parameters.read(String(request.body))?.get("run") ?? "";
    parts.replySender.outcome(request, response, await parts.runner.proceed(run));
  });
  router.get(PATHS.receipt, async (request, response) => {
    await showReceipt(parts, request, response);
  });
  router.post(`${PATHS.receipt}/again`, formBody(4_096), async (request, response) => {
    const form = Parameters.read(String(request.body));
    const outcome = await parts.runner.again(form?.get("receipt") ?? "", form?.get("application") ?? "");
    parts.replySender.outcome(request, response, outcome);
  });
  return router;
}

async function showFrames(
  parts: LogoutRunEndpointParts,
  request: Request,
  response: Response,
): Promise<void> {
  const run = Parameters.read(rawQuery(request))?.get("run") ?? "";
  const found = await parts.runner.frames(run);
  if (found === undefined) {
    parts.replySender.outcome(request, response, { kind: "go", to: PATHS.receipt });
    return;
  }
  const frames = found.frames.map(({ applicationId, applicationName }) => ({
    src: `${PATHS.logoutRun}/frame?run=${run}&application=${encodeURIComponent(applicationId)}`,
    applicationName,
  }));
  response.set("Content-Security-Policy", RUN_POLICY);
  response.type("html").send(
    parts.render("logout-run", {
      frames,
      run,
      continueAction: PATHS.logoutRun,
      receiptUrl: `${PATHS.receipt}?id=${found.receiptId}`,
    }),
  );
}

/** Our own page in the logout page's frame: it sends the message on, by redirect or by an auto-post. */
async function showFrame(parts: LogoutRunEndpointParts, request: Request, response: Response): Promise<void> {
  const query = Parameters.read(rawQuery(request));
  const reply = await parts.runner.frame(query?.get("run") ?? "", query?.get("application") ?? "");
  if (reply === undefined) {
    response.status(404).type("text").send("Nothing to send.\n");
    return;
  }
  allowFraming(response);
  parts.replySender.reply(request, response, reply);
}

async function showReceipt(
  parts: LogoutRunEndpointParts,
  request: Request,
  response: Response,
): Promise<void> {
  const id = Parameters.read(rawQuery(request))?.get("id");
  const receipt: LogoutReceipt | undefined = id === undefined ? undefined : await parts.receipts.get(id);
  const applications = new Map(
    receipt?.entries.map((entry) => [entry.applicationId, parts.applications.byId(entry.applicationId)]),
  );
  response.type("html").send(
    parts.render("logged-out", {
      receipt,
      applications,
      loginUrl: PATHS.login,
      againAction: `${PATHS.receipt}/again`,
    }),
  );
}
