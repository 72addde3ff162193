import express, { type Request, type Response, type Router } from "express";
import { PATHS } from "../flow/endpoints.ts";
import { readBearer } from "../http/bearer.ts";
import { textBody } from "../http/form-body.ts";
import { JsonRefused, readJson } from "../http/json-body.ts";
import { sendJson } from "../http/problem-json.ts";
import type { Admission, GateNeeds } from "../http/token-gate.ts";
import type { Transport } from "../http/transport.ts";
import type { VolatileStore } from "../volatile/volatile-store.ts";
import { GuessLimit } from "./guess-limit.ts";
import { ownApiIdentifier } from "./own-api.ts";
import { type VerifyCaller, type VerifyParts, verifyAnswer } from "./verify-answer.ts";
import { VerifyInput, type VerifyRequest } from "./verify-input.ts";

export interface VerifyEndpointParts extends VerifyParts {
  readonly issuer: string;
  readonly gate: { admit(request: Request, needs: GateNeeds): Promise<Admission> };
  /** A client by its Basic credentials, with the resources that it introspects for; undefined: it is not proved. */
  readonly clientOf: (
    authorization: string,
  ) => Promise<{ readonly id: string; readonly serves: readonly string[] } | undefined>;
  readonly addressOf: (request: Request) => string;
  readonly transportOf: (request: Request) => Transport;
  readonly reportExposed: (token: string, address: string) => Promise<void>;
  readonly volatile: Pick<VolatileStore, "increment">;
}

const BODY_LIMIT_BYTES = 65_536;
const JSON_BODY = /^application\/json[ \t]*(;|$)/i;
/** Questions of one unknown address in a minute. */
export const ANONYMOUS_PER_MINUTE = 120;

/** POST /tokens/verify: whether a token is good for a use, at this moment. */
export function verifyEndpoint(parts: VerifyEndpointParts): Router {
  const router = express.Router();
  const route = router.route(PATHS.tokensVerify);
  route.post(textBody(JSON_BODY, BODY_LIMIT_BYTES), async (request, response) => {
    response.set("Cache-Control", "no-store");
    const caller = await callerOf(parts, request, response);
    if (caller === undefined) return;
    const input = read(request.body);
    if ("problem" in input) {
      sendError(response, 400, "invalid_request", input.problem);
      return;
    }
    if (parts.transportOf(request) === "plain") {
      await parts.reportExposed(input.value.token, parts.addressOf(request));
      sendError(
        response,
        400,
        "invalid_request",
        "The token came over plain http and has been revoked: use https.",
      );
      return;
    }
    sendJson(response, 200, await verifyAnswer(parts, caller, input.value));
  });
  route.all((_request, response) => {
    response.status(405).set("Allow", "POST").end();
  });
  return router;
}

/** undefined: the answer is out. */
async function callerOf(
  parts: VerifyEndpointParts,
  request: Request,
  response: Response,
): Promise<VerifyCaller | undefined> {
  const { authorization } = request.headers;
  const address = parts.addressOf(request);
  if (authorization === undefined) {
    return (await isWithinLimit(parts, address, response)) ? { kind: "anonymous", address } : undefined;
  }
  const proven = await provenCaller(parts, request, response);
  return proven === undefined || proven.kind === "client" ? proven : { kind: "verifier" };
}

/** Who proved who they are: a client by its secret, or whoever holds a token with the scope `tokens:verify`. */
export type ProvenCaller =
  | ({ readonly kind: "client" } & ProvenClient)
  | { readonly kind: "token"; readonly token: Extract<Admission, { ok: true }>["token"] };

type ProvenClient = NonNullable<Awaited<ReturnType<VerifyEndpointParts["clientOf"]>>>;

/** undefined: the answer is out. A guess at a client's secret, as one at a token, counts as a question of nobody. */
export async function provenCaller(
  parts: Pick<VerifyEndpointParts, "clientOf" | "gate" | "issuer" | "volatile" | "addressOf">,
  request: Request,
  response: Response,
): Promise<ProvenCaller | undefined> {
  const { authorization } = request.headers;
  const address = parts.addressOf(request);
  if (authorization !== undefined && readBearer(request).kind === "none") {
    const client = await parts.clientOf(authorization);
    if (client !== undefined) return { kind: "client", ...client };
    if (!(await isWithinLimit(parts, address, response))) return undefined;
    response.set("WWW-Authenticate", 'Basic realm="clients", charset="UTF-8"');
    sendError(response, 401, "invalid_client", "The client is unknown, or its secret is wrong.");
    return undefined;
  }
  const admission = await bearerAdmission(parts, request);
  if (admission.ok) return { kind: "token", token: admission.token };
  if (admission.code === "invalid_token" && !(await isWithinLimit(parts, address, response)))
    return undefined;
  response.set(admission.headers);
  sendError(response, admission.status, admission.code, admission.description);
  return undefined;
}

/** By a token with the scope `tokens:verify`. */
async function bearerAdmission(
  { gate, issuer }: Pick<VerifyEndpointParts, "gate" | "issuer">,
  request: Request,
): Promise<Admission> {
  const resource = ownApiIdentifier(issuer);
  return await gate.admit(request, { realm: "tokens", resource, scopes: ["tokens:verify"] });
}

/** RFC 6585 4. Counted before the body is looked at: a guess is a guess whatever it looks like. */
async function isWithinLimit(
  { volatile }: Pick<VerifyEndpointParts, "volatile">,
  address: string,
  response: Response,
): Promise<boolean> {
  const waitSeconds = await new GuessLimit(volatile, "token-questions", ANONYMOUS_PER_MINUTE).count(address);
  if (waitSeconds === undefined) return true;
  response.set("Retry-After", String(waitSeconds));
  sendError(response, 429, "rate_limited", "Too many questions from this address. Say who you are, or wait.");
  return false;
}

function read(body: unknown): { readonly value: VerifyRequest } | { readonly problem: string } {
  let json: unknown;
  try {
    json = readJson(typeof body === "string" ? body : "");
  } catch (error) {
    if (error instanceof JsonRefused) return { problem: `The body: ${error.message}.` };
    throw error;
  }
  const parsed = VerifyInput.safeParse(json);
  if (parsed.success) return { value: parsed.data };
  const [issue] = parsed.error.issues;
  // The member's name alone: what stood in it may be a token.
  const [member] = issue?.path ?? [];
  return {
    problem:
      member === undefined
        ? "The body has a member that is not known here."
        : `${String(member)} is not valid.`,
  };
}

/** In the form of RFC 6749 5.2. */
export function sendError(response: Response, status: number, error: string, description: string): void {
  sendJson(response, status, { error, error_description: description });
}
