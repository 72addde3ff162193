import { type PresentedToken, type Refusal, refusal } from "./token-request.ts";

export interface OnlineCheckSettings {
  readonly issuer: string;
  readonly resource: string;
  /** The Authorization header of our client. */
  readonly authorization: string;
  readonly fetch: typeof fetch;
  readonly nowMs: () => number;
}

/** The parts of a request that a token may be limited in. */
export interface TokenUse {
  readonly address: string | undefined;
  readonly method: string | undefined;
  readonly path: string | undefined;
}

export interface Question extends TokenUse {
  readonly presented: PresentedToken;
  readonly scopes: readonly string[] | undefined;
  /** A DPoP proof with the address that it must be for, or what is known of the certificate. */
  readonly proof: object | undefined;
}

/** A good answer. */
export interface Found {
  readonly ok: true;
  readonly subject: string;
  readonly clientId: string | undefined;
  readonly scopes: readonly string[];
  readonly expiresAtMs: number;
  /** What the feed may name it by; undefined: the answer counts for this one request. */
  readonly ids: readonly string[] | undefined;
  /** The answer holds for the same values of these. */
  readonly dependsOn: readonly (keyof TokenUse)[];
}

type Json = Readonly<Record<string, unknown>>;

export const ANSWER_WITHIN_MS = 2_000;
/** After a question that was not answered, the next ones are not even asked for this long. */
const AWAY_FOR_MS = 1_000;
const PARTS: readonly (keyof TokenUse)[] = ["address", "method", "path"];

/** POST /tokens/verify. What is no clear answer is 503: it cannot be known. */
export class OnlineCheck {
  readonly #settings: OnlineCheckSettings;
  #awayUntilMs = Number.NEGATIVE_INFINITY;

  constructor(settings: OnlineCheckSettings) {
    this.#settings = settings;
  }

  /** Never throws. */
  async ask(question: Question): Promise<Found | Refusal> {
    const { nowMs } = this.#settings;
    if (nowMs() < this.#awayUntilMs) return refusal(503);
    try {
      return await this.#ask(question);
    } catch {
      this.#awayUntilMs = nowMs() + AWAY_FOR_MS;
      return refusal(503);
    }
  }

  async #ask({ presented, ...use }: Question): Promise<Found | Refusal> {
    const { issuer, resource, authorization } = this.#settings;
    const answer = await this.#settings.fetch(`${issuer}/tokens/verify`, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify({ ...use, resource, token: presented.text }),
      // Our secret goes to Gatehouse and to nobody whom it may point at.
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const text = await answer.text();
    if (answer.status === 429) {
      return refusal(429, { headers: { "Retry-After": answer.headers.get("retry-after") ?? "5" } });
    }
    // Something in the request cannot be what it should be: it is the client's, and says nothing about Gatehouse.
    if (answer.status === 400) return refusal(400, { error: "invalid_request" });
    if (answer.status !== 200) throw new Error(`the question was answered with ${answer.status}`);
    const body: unknown = JSON.parse(text);
    if (!isObject(body) || typeof body["active"] !== "boolean") throw new TypeError("no answer");
    return this.#read(body, presented, use.scopes);
  }

  #read(body: Json, presented: PresentedToken, needed: readonly string[] | undefined): Found | Refusal {
    if (body["active"] !== true) return whyNot(body, presented, needed);
    const { sub, scopes, resources, exp, cnf, rate } = body;
    const { resource, nowMs } = this.#settings;
    const isOurs = strings(resources)?.includes(resource) === true;
    const isWhole = typeof sub === "string" && typeof exp === "number" && exp * 1_000 > nowMs();
    // RFC 9449 7.1: with this scheme the token must be bound, and the proof was checked by Gatehouse.
    const isProved = presented.scheme === "Bearer" || (isObject(cnf) && typeof cnf["jkt"] === "string");
    if (!isOurs || !isWhole || !isProved) return invalid(presented);
    const dependsOn = strings(body["depends_on"])?.map((name) => PARTS.find((part) => part === name));
    // A limit that is not known here, a proof, or a use that is counted: the answer is for this request alone.
    const isForOne = cnf !== undefined || rate !== undefined || dependsOn?.includes(undefined) !== false;
    return {
      ok: true,
      subject: sub,
      clientId: typeof body["client_id"] === "string" ? body["client_id"] : undefined,
      scopes: strings(scopes) ?? [],
      expiresAtMs: exp * 1_000,
      ids: isForOne ? undefined : strings(body["revocation_ids"]),
      dependsOn: dependsOn?.filter((part) => part !== undefined) ?? [],
    };
  }
}

export function invalid({ scheme }: PresentedToken): Refusal {
  return refusal(401, { error: "invalid_token", scheme });
}

/** Which limit refused it is for the token's owner to see, not for whoever holds it: only what they can act on is told. */
function whyNot(
  { refusal: reason, rate }: Json,
  presented: PresentedToken,
  scopes: readonly string[] | undefined,
): Refusal {
  const { scheme } = presented;
  if (reason === "scope") return refusal(403, { error: "insufficient_scope", scheme, scopes });
  if ((reason === "rate" || reason === "quota") && isObject(rate)) {
    const { limit, remaining, resets_in_seconds: reset } = rate;
    const headers = { "RateLimit-Limit": `${Number(limit)}`, "RateLimit-Remaining": `${Number(remaining)}` };
    return refusal(429, { headers: { ...headers, "Retry-After": `${Number(reset)}` } });
  }
  return invalid(presented);
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null;
}

/** undefined: it is no list of strings. */
function strings(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.every((one) => typeof one === "string") ? value : undefined;
}
