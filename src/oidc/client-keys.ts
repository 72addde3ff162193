import { createPublicKey, type KeyObject } from "node:crypto";
import { z } from "zod";
import type { Outbound } from "../http/outbound.ts";
import type { IdTokenAlgorithm, OidcApplication } from "../model/application.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";

const FRESH_MS = 10 * 60_000;
/** Between two fetches of one address: an unknown `kid` is a stranger's word and must not make us a hammer. */
const FLOOR_MS = 30_000;
/** How long the last good keys serve while the address does not answer. */
const KEPT_MS = 24 * 60 * 60_000;
const LIMIT_BYTES = 64 * 1024;
const MAX_ADDRESSES = 1_000;
const MAX_KEYS = 50;

const Jwk = z.looseObject({ kty: z.string(), kid: z.optional(z.string()), use: z.optional(z.string()) });
const JwkSet = z.object({ keys: z.array(z.unknown()).max(MAX_KEYS) });
const PRIVATE_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/** A public key of a client, made once. */
export interface ClientKey {
  readonly kid: string | undefined;
  /** The only algorithm that it may be used with, where its owner said so. */
  readonly algorithm: string | undefined;
  readonly key: KeyObject;
}

/** The curves of our algorithms, as Node names them. */
const CURVES = ["prime256v1", "secp384r1"];

/**
 * The encodings of Ed25519's points of small order, without the sign bit: under such a key a signature need not be anybody's
 * (RFC 8725 3.4), whatever the library makes of it.
 */
const SMALL_ORDER = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);

/**
 * Reads one JWK. undefined: not a public signature key that we can use (another `use`, a symmetric one, RSA under
 * 2048 bits, a curve that is not ours, a point off its curve or of small order), or one with its private half, which
 * then is not private any more.
 */
export function readClientKey(value: unknown): ClientKey | undefined {
  const parsed = Jwk.safeParse(value);
  if (!parsed.success || PRIVATE_MEMBERS.some((member) => member in parsed.data)) return undefined;
  const { kid, use, alg } = parsed.data;
  if (use !== undefined && use !== "sig") return undefined;
  try {
    const key = createPublicKey({ key: parsed.data, format: "jwk" });
    if (!isUsable(key)) return undefined;
    return { kid, algorithm: typeof alg === "string" ? alg : undefined, key };
  } catch {
    return undefined;
  }
}

function isUsable(key: KeyObject): boolean {
  const { modulusLength = 0, namedCurve = "" } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case "rsa":
      return modulusLength >= 2048;
    case "ec":
      return CURVES.includes(namedCurve);
    case "ed25519":
      return !isOfSmallOrder(key);
    default:
      return false;
  }
}

function isOfSmallOrder(key: KeyObject): boolean {
  const point = Buffer.from(key.export({ format: "jwk" }).x ?? "", "base64url");
  point[31] = (point[31] ?? 0) & 0x7f;
  return SMALL_ORDER.has(point.toString("hex"));
}

interface RemoteKeys {
  readonly keys: readonly ClientKey[];
  readonly fetchedAtMs: number;
  readonly triedAtMs: number;
}

/** The public keys of private_key_jwt clients: from the registration, or from the client's `jwks_uri`. */
export class ClientKeys {
  readonly #outbound: Pick<Outbound, "fetch">;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #registered = new WeakMap<OidcApplication, readonly ClientKey[]>();
  readonly #remote = new Map<string, RemoteKeys>();
  readonly #underWay = new Map<string, Promise<RemoteKeys>>();

  constructor(parts: { outbound: Pick<Outbound, "fetch">; clock: Clock; log: Log }) {
    this.#outbound = parts.outbound;
    this.#clock = parts.clock;
    this.#log = parts.log;
  }

  /**
   * The keys that may have made a signature: of the algorithm's type, and of this `kid` where the message names one.
   * An unknown `kid` makes us ask the client's address anew, so that it may rotate its keys whenever it likes.
   */
  async find(
    application: OidcApplication,
    algorithm: IdTokenAlgorithm,
    kid: string | undefined,
  ): Promise<readonly KeyObject[]> {
    const fits = (candidate: ClientKey): boolean =>
      (kid === undefined || candidate.kid === kid) && mayUse(candidate, algorithm);
    const { jwks, jwksUri } = application;
    if (jwks !== undefined) return keysOf(this.#ofRegistration(application).filter(fits));
    if (jwksUri === undefined) return [];
    const now = this.#clock.nowMs();
    const known = this.#remote.get(jwksUri);
    const fresh = known !== undefined && now - known.fetchedAtMs < FRESH_MS;
    if (fresh && known.keys.some(fits)) return keysOf(known.keys.filter(fits));
    if (known !== undefined && now - known.triedAtMs < FLOOR_MS) return keysOf(known.keys.filter(fits));
    return keysOf((await this.#refresh(jwksUri)).keys.filter(fits));
  }

  #ofRegistration(application: OidcApplication): readonly ClientKey[] {
    let keys = this.#registered.get(application);
    if (keys === undefined) {
      keys = application.jwks?.keys.flatMap((jwk) => readClientKey(jwk) ?? []) ?? [];
      this.#registered.set(application, keys);
    }
    return keys;
  }

  /** However many assertions come at once, the address is asked once. */
  async #refresh(uri: string): Promise<RemoteKeys> {
    const running = this.#underWay.get(uri) ?? this.#fetch(uri).finally(() => this.#underWay.delete(uri));
    this.#underWay.set(uri, running);
    return await running;
  }

  async #fetch(uri: string): Promise<RemoteKeys> {
    const triedAtMs = this.#clock.nowMs();
    const before = this.#remote.get(uri);
    let result: RemoteKeys;
    try {
      const keys = await this.#read(uri);
      result = { keys, fetchedAtMs: triedAtMs, triedAtMs };
    } catch (error) {
      this.#log.warn({ uri, error: String(error) }, "the keys of a client could not be read");
      const kept = before !== undefined && triedAtMs - before.fetchedAtMs < KEPT_MS ? before.keys : [];
      result = { keys: kept, fetchedAtMs: before?.fetchedAtMs ?? 0, triedAtMs };
    }
    if (this.#remote.size >= MAX_ADDRESSES && before === undefined) this.#remote.clear();
    this.#remote.set(uri, result);
    return result;
  }

  async #read(uri: string): Promise<readonly ClientKey[]> {
    const accept = "application/json, application/jwk-set+json";
    const answer = await this.#outbound.fetch({ url: uri, limitBytes: LIMIT_BYTES, accept });
    if (answer.status !== 200) throw new Error(`status ${answer.status}`);
    return JwkSet.parse(JSON.parse(answer.body)).keys.flatMap((jwk) => readClientKey(jwk) ?? []);
  }
}

function keysOf(keys: readonly ClientKey[]): readonly KeyObject[] {
  return keys.map(({ key }) => key);
}

/** The key decides which algorithm it serves, not the message (RFC 8725 3.1). */
function mayUse({ algorithm: own, key }: ClientKey, algorithm: IdTokenAlgorithm): boolean {
  if (own !== undefined && own !== algorithm) return false;
  const curve = key.asymmetricKeyDetails?.namedCurve;
  switch (algorithm) {
    case "RS256":
    case "RS384":
    case "RS512":
    case "PS256":
      return key.asymmetricKeyType === "rsa";
    case "ES256":
      return key.asymmetricKeyType === "ec" && curve === "prime256v1";
    case "ES384":
      return key.asymmetricKeyType === "ec" && curve === "secp384r1";
    case "EdDSA":
      return key.asymmetricKeyType === "ed25519";
  }
}
