/**
 * Checks the tokens that an API is called with: JWTs by their signature, opaque ones by asking Gatehouse, both against the
 * feed of revocations. Copy this file and the folder beside it into the API; they need jose and Node.js alone.
 * docs/tokens/checking.md says what is behind it.
 */
import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from "jose";
import { KeptAnswers, namesOf, sha256 } from "./verify-token/kept-answers.ts";
import { ANSWER_WITHIN_MS, type Found, invalid, OnlineCheck } from "./verify-token/online-check.ts";
import { RevocationReader } from "./verify-token/revocation-reader.ts";
import {
  pathOf,
  type PresentedToken,
  type Refusal,
  refusal,
  type RequestLike,
  tokenOf,
} from "./verify-token/token-request.ts";

export type { Refusal, RequestLike } from "./verify-token/token-request.ts";

export interface TokenVerifierSettings {
  /** Gatehouse's public address. */
  readonly issuer: string;
  /** This API, as it is declared at Gatehouse (`gatehouse resource add`): the audience of its tokens. */
  readonly resource: string;
  /** A client that is among the introspection clients of the resource. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** For DPoP: the public address of this API, without the path, such as `https://api.example.org`. */
  readonly publicUrl?: string;
  /** How long a good answer of Gatehouse is used again. 0: each use is asked, and so counted in the token's history. */
  readonly cacheSeconds?: number;
  /** After so much silence of the feed nothing that is kept is believed. It speaks every 4 seconds. */
  readonly silentAfterSeconds?: number;
  /**
   * A good JWT while it cannot be known whether it was revoked: the feed is silent and Gatehouse does not answer.
   * `accept`: it counts until its end, ten minutes at most, unless the feed had named it before. `refuse`: 503.
   */
  readonly unknownJwt?: "accept" | "refuse";
  readonly fetch?: typeof fetch;
  readonly nowMs?: () => number;
}

export interface Needs {
  /** All of them. */
  readonly scopes?: readonly string[];
}

export interface GoodToken {
  readonly ok: true;
  /** Whose it is (`sub`): an account, an application, or `project:NAME`. */
  readonly subject: string;
  readonly clientId: string | undefined;
  readonly scopes: readonly string[];
  readonly expiresAtMs: number;
  /** How it is known. */
  readonly checked: "offline" | "kept" | "online";
}

/** A JWT that is as it should be, with what the feed may name it by. */
interface GoodJwt {
  readonly token: GoodToken;
  readonly ids: readonly string[];
  readonly issuedAt: number;
  readonly livesSeconds: number;
}

/** A JWT that lives longer is asked about: the reader does not remember revocations for ever. */
const LONGEST_OFFLINE_SECONDS = 600;
const MOST_KNOWN = 10_000;
const KEYS_EVERYWHERE_MS = 1_500;
/** A list, so that no header chooses the algorithm (RFC 8725 3.1). */
const ALGORITHMS = ["ES256", "ES384", "EdDSA", "PS256", "RS256", "RS384", "RS512"];
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** One for the whole API. Call `start` before the first check and `stop` at the end. */
export class TokenVerifier {
  readonly #settings: TokenVerifierSettings & { readonly nowMs: () => number };
  readonly #keys: ReturnType<typeof createRemoteJWKSet>;
  readonly #reader: RevocationReader;
  readonly #online: OnlineCheck;
  readonly #kept: KeptAnswers;
  /** JWTs that are as they should be, so that a signature is checked once. By SHA-256, the oldest first. */
  readonly #known = new Map<string, GoodJwt>();

  constructor(settings: TokenVerifierSettings) {
    const { issuer, resource, clientId, clientSecret, cacheSeconds = 10, silentAfterSeconds = 10 } = settings;
    const { fetch: fetchWith = fetch, nowMs = Date.now } = settings;
    // RFC 6749 2.3.1: each of the two is encoded before they are joined.
    const credentials = [clientId, clientSecret].map(encodeURIComponent).join(":");
    const authorization = `Basic ${Buffer.from(credentials).toString("base64")}`;
    const keys = createRemoteJWKSet(new URL(`${issuer}/oauth2/jwks`), {
      timeoutDuration: ANSWER_WITHIN_MS,
      headers: { "cache-control": "no-cache" },
      [customFetch]: fetchWith,
    });
    const shared = { issuer, authorization, fetch: fetchWith, nowMs };
    this.#settings = { ...settings, nowMs };
    this.#keys = keys;
    this.#reader = new RevocationReader({
      ...shared,
      keys,
      silentAfterMs: silentAfterSeconds * 1_000,
      onKeysChanged: () => this.#reloadKeys(),
    });
    this.#online = new OnlineCheck({ ...shared, resource });
    this.#kept = new KeptAnswers({ reader: this.#reader, keptForMs: cacheSeconds * 1_000, resource, nowMs });
  }

  start(): void {
    this.#reader.start();
  }

  stop(): void {
    this.#reader.stop();
  }

  /** Never throws, and never lets in what is not known to be good. */
  async verify(request: RequestLike, needs: Needs = {}): Promise<GoodToken | Refusal> {
    const presented = tokenOf(request);
    if (!presented.ok) return presented;
    const found = JWT.test(presented.text)
      ? await this.#verifyJwt(presented, request, needs)
      : await this.#verifyOpaque(presented, request, needs);
    if (!found.ok || hasAll(found, needs)) return found;
    return refusal(403, { error: "insufficient_scope", scheme: presented.scheme, scopes: needs.scopes });
  }

  /** Twice: the process of Gatehouse that answers the first time may be the last one to know. */
  #reloadKeys(): void {
    const reload = () => {
      this.#known.clear();
      void this.#keys
        .reload()
        .catch(() => undefined)
        .finally(() => this.#known.clear());
    };
    reload();
    setTimeout(reload, KEYS_EVERYWHERE_MS).unref();
  }

  async #verifyJwt(presented: PresentedToken, request: RequestLike, needs: Needs) {
    const jwt = this.#knownJwt(presented) ?? (await this.#readJwt(presented));
    if ("ok" in jwt) return jwt;
    const { token, ids, issuedAt, livesSeconds } = jwt;
    const mustAsk = livesSeconds > LONGEST_OFFLINE_SECONDS || this.#reader.concerns(ids, issuedAt);
    if (this.#reader.isHeard() && !mustAsk) return token;
    const asked = await this.#verifyOpaque(presented, request, needs);
    if (asked.ok || asked.status !== 503 || mustAsk) return asked;
    return this.#settings.unknownJwt === "refuse" ? asked : token;
  }

  #knownJwt({ text, scheme }: PresentedToken): GoodJwt | undefined {
    if (this.#settings.cacheSeconds === 0 || scheme === "DPoP") return undefined;
    const known = this.#known.get(sha256(text));
    return known !== undefined && known.token.expiresAtMs > this.#settings.nowMs() ? known : undefined;
  }

  #know(text: string, jwt: GoodJwt): GoodJwt {
    this.#known.set(sha256(text), jwt);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST_KNOWN && oldest !== undefined) this.#known.delete(oldest);
    return jwt;
  }

  /** RFC 9068 4: type, issuer, audience, signature, expiry. */
  async #readJwt(presented: PresentedToken): Promise<GoodJwt | Refusal> {
    const { issuer, resource, nowMs } = this.#settings;
    try {
      const { payload } = await jwtVerify(presented.text, this.#keys, {
        issuer,
        audience: resource,
        typ: "at+jwt",
        algorithms: ALGORITHMS,
        requiredClaims: ["exp", "iat", "sub", "jti", "client_id"],
        clockTolerance: 5,
        currentDate: new Date(nowMs()),
      });
      // A token that is bound to a key is nothing without its proof, and Gatehouse binds none of its JWTs.
      if (payload["cnf"] !== undefined || presented.scheme === "DPoP") return invalid(presented);
      const jwt = goodJwt(payload);
      return jwt === undefined ? invalid(presented) : this.#know(presented.text, jwt);
    } catch (error) {
      // Everything else is about the keys, which could not be had.
      return isAboutTheToken(error) ? invalid(presented) : refusal(503);
    }
  }

  async #verifyOpaque(
    presented: PresentedToken,
    request: RequestLike,
    needs: Needs,
  ): Promise<GoodToken | Refusal> {
    const { text, scheme, proof } = presented;
    const { address, method, certificate } = request;
    const path = pathOf(request);
    const use = { address, method, path };
    // RFC 9449 7.1: what is kept is not bound to a key, and whoever shows it as DPoP is refused.
    const kept = scheme === "DPoP" ? undefined : this.#kept.find(text, use);
    // Without a scope that it needs it is asked all the same: Gatehouse watches for tokens that probe.
    if (kept !== undefined && hasAll(kept, needs)) return goodToken(kept, "kept");
    const dpop = { jwt: proof, url: `${this.#settings.publicUrl ?? ""}${path}` };
    const shown = scheme === "DPoP" ? dpop : certificate === undefined ? undefined : { certificate };
    const askedAtMs = this.#settings.nowMs();
    const found = await this.#online.ask({ ...use, presented, scopes: needs.scopes, proof: shown });
    if (!found.ok) {
      if (found.status === 401) this.#kept.drop(text);
      return found;
    }
    // The answer holds for whoever else shows this token without a certificate or with the same one: it is not bound.
    this.#kept.keep(text, found, use, askedAtMs);
    return goodToken(found, "online");
  }
}

function goodToken({ subject, clientId, scopes, expiresAtMs }: Found, checked: "kept" | "online"): GoodToken {
  return { ok: true, subject, clientId, scopes, expiresAtMs, checked };
}

/** undefined: a claim is not what it should be. */
function goodJwt(payload: JWTPayload): GoodJwt | undefined {
  const {
    sub,
    exp = 0,
    iat = 0,
    aud = [],
    scope = "",
    client_id: clientId,
    revocation_ids: ids = [],
  } = payload;
  if (sub === undefined || typeof clientId !== "string" || typeof scope !== "string") return undefined;
  if (!Array.isArray(ids) || !ids.every((id) => typeof id === "string")) return undefined;
  const audiences = typeof aud === "string" ? [aud] : aud;
  return {
    token: {
      ok: true,
      subject: sub,
      clientId,
      scopes: scope.split(" ").filter((one) => one !== ""),
      expiresAtMs: exp * 1_000,
      checked: "offline",
    },
    ids: [...ids, ...namesOf(sub, clientId), ...audiences.map(sha256)],
    issuedAt: iat,
    livesSeconds: exp - iat,
  };
}

function hasAll({ scopes }: Pick<GoodToken, "scopes">, needs: Needs): boolean {
  return needs.scopes?.every((scope) => scopes.includes(scope)) !== false;
}

/** False: jose could not get the keys. */
function isAboutTheToken(error: unknown): boolean {
  return (
    error instanceof errors.JWTClaimValidationFailed ||
    error instanceof errors.JWTExpired ||
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported ||
    error instanceof errors.JWKSNoMatchingKey
  );
}
