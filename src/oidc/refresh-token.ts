import { z } from "zod";
import type { Sealing } from "../keys/sealing.ts";
import type { AuthenticationMethod } from "../model/authentication.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import { Conflict, type RefreshToken, type RefreshTokenStore } from "../storage/stores.ts";
import { makeToken, readToken } from "../tokens/token-format.ts";
import type { ClaimsRequest } from "./claims-parameter.ts";
import { REFRESH_FAMILY_MS, REFRESH_GRACE_MS, REFRESH_IDLE_MS } from "./token-lifetimes.ts";

const PURPOSE = "refresh-successor";

const Wish = z.object({
  name: z.string(),
  essential: z.boolean(),
  values: z.optional(z.array(z.union([z.string(), z.number(), z.boolean()]))),
});

const Wire = z.object({
  sessionId: z.string(),
  authTimeMs: z.number(),
  acr: z.string(),
  methods: z.array(z.enum(["pwd", "otp", "hwk", "mfa", "ext"])),
  claims: z.optional(z.object({ idToken: z.array(Wish), userinfo: z.array(Wish) })),
  resources: z.array(z.string()),
});

/** What a refreshed token must say again of the login that began the family. */
export interface RefreshWire {
  /** The session of that login, for `sid`, also where the family outlives it. */
  readonly sessionId: string;
  readonly authTimeMs: number;
  readonly acr: string;
  readonly methods: readonly AuthenticationMethod[];
  readonly claims?: ClaimsRequest | undefined;
  readonly resources: readonly string[];
}

/** The beginning of a family. */
export type NewFamily = Pick<
  RefreshToken,
  "familyId" | "accountId" | "applicationId" | "grantId" | "sessionId" | "scopes"
> & { readonly wire: RefreshWire };

export interface PresentedRefreshToken {
  readonly token: RefreshToken;
  readonly wire: RefreshWire;
  /** It was replaced already. */
  readonly used: boolean;
}

/** *next*: the token that replaces the presented one. *reused*: it was replaced long ago, so somebody has a copy. */
export type Refreshed =
  | { readonly state: "next"; readonly text: string }
  | { readonly state: "reused" }
  | { readonly state: "unknown" };

export interface RefreshTokensParts {
  readonly store: RefreshTokenStore;
  readonly sealing: Sealing;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Refresh tokens: 256 random bits, kept as a hash, replaced at every use, so that a stolen one shows itself as soon as
 * either of the two who have it comes second (RFC 9700 4.14.2).
 */
export class RefreshTokens {
  readonly #parts: RefreshTokensParts;

  constructor(parts: RefreshTokensParts) {
    this.#parts = parts;
  }

  /** undefined: the family was revoked, or its grant withdrawn, before this first token could be stored. */
  async begin(family: NewFamily): Promise<string | undefined> {
    const { text, hash } = makeToken("rt", this.#parts.random);
    const now = this.#parts.clock.nowMs();
    const familyExpiresAtMs = now + REFRESH_FAMILY_MS;
    try {
      await this.#parts.store.insert({ ...family, hash, ...lifetime(now, familyExpiresAtMs) });
      return text;
    } catch (error) {
      if (error instanceof Conflict) return undefined;
      throw error;
    }
  }

  /** Reads without using, a used one too. undefined: unknown, expired, or of a revoked family. */
  async find(text: string): Promise<PresentedRefreshToken | undefined> {
    const read = readToken(text);
    const found = read?.kind === "rt" ? await this.#parts.store.find(read.hash) : undefined;
    if (found === undefined || found.expiresAtMs <= this.#parts.clock.nowMs()) return undefined;
    const { rotatedAtMs, ...token } = found;
    return { token, wire: Wire.parse(token.wire), used: rotatedAtMs !== undefined };
  }

  /**
   * Replaces a token, in one atomic step for all processes. A second presentation within ten seconds gets the same
   * successor, never another one: the answer may have been lost, or two tabs have asked at once.
   */
  async replace({ token }: PresentedRefreshToken): Promise<Refreshed> {
    const { store, sealing, clock, random } = this.#parts;
    const { text, hash } = makeToken("rt", random);
    const now = clock.nowMs();
    const successor = { ...token, hash, ...lifetime(now, token.familyExpiresAtMs) };
    const rotation = await store.rotate(token.hash, successor, sealing.seal(text, PURPOSE), now);
    switch (rotation.state) {
      case "yours":
        return { state: "next", text };
      case "unknown":
        return { state: "unknown" };
      case "used":
        return now - rotation.rotatedAtMs <= REFRESH_GRACE_MS
          ? { state: "next", text: sealing.open(rotation.sealedSuccessor, PURPOSE) }
          : { state: "reused" };
    }
  }
}

function lifetime(nowMs: number, familyExpiresAtMs: number) {
  return {
    issuedAtMs: nowMs,
    expiresAtMs: Math.min(nowMs + REFRESH_IDLE_MS, familyExpiresAtMs),
    familyExpiresAtMs,
  };
}
