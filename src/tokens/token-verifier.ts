import type { TokenBinding, TokenOwner } from "../model/api-token.ts";
import type {
  GoodToken,
  RefusedToken,
  TokenRefusal,
  TokenUse,
  TokenUseSeen,
  Verification,
} from "../model/token-use.ts";
import type { Clock } from "../platform/clock.ts";
import { type Standing, standingOf } from "./compiled-token.ts";
import { isForOwnersAlone, isOwnScope } from "./own-api.ts";
import { type Judgement, judge, missingScopes } from "./judge-token.ts";
import type { CachedToken, TokenCache } from "./token-cache.ts";
import { readToken } from "./token-format.ts";
import { countUse, type TokenRateParts } from "./token-rate.ts";
import { type DeclaredResources, type OwnerFacts, ownerFacts, type Owners } from "./token-rights.ts";

/** An OAuth access token or a session's own token, found good by the part that issues it. */
export interface SourceToken extends Omit<GoodToken, "active" | "kind" | "rate"> {
  /** What the watch counts under: for an access token its family, for a session's token the session. */
  readonly id: string;
  readonly kind: "at" | "sso";
  readonly binding?: TokenBinding | undefined;
}

/** Tokens that are not kept here. undefined: unknown, expired, revoked, or what it stood on has ended. */
export interface TokenSource {
  find(text: string): Promise<SourceToken | undefined>;
}

/** Counts uses; called once for each verification of a token that is known, and must cost almost nothing. */
export interface TokenWatcher {
  seen(use: TokenUseSeen): void;
  /** A lower number of uses a minute that holds for this token for the time being; undefined: none. No I/O. */
  throttled(tokenId: string): number | undefined;
}

/** Whether what this process keeps in memory is current; volatile/versions.ts. */
export interface Currency {
  isKnown(nowMs: number): boolean;
  look(): Promise<void>;
}

export interface TokenVerifierParts extends TokenRateParts {
  readonly cache: TokenCache;
  readonly owners: Owners;
  readonly resources: DeclaredResources & { usableScopes(): readonly string[] };
  readonly versions: Currency;
  readonly source: TokenSource;
  readonly watch: Pick<TokenWatcher, "seen">;
  readonly clock: Clock;
}

const MALFORMED: RefusedToken = { active: false, refusal: "malformed" };
const UNKNOWN: RefusedToken = { active: false, refusal: "unknown" };
/** Three parts in base64url (RFC 7515 7.1); what has another form costs no look-up. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
/** Longer than any JWT of ours. */
const LONGEST = 16_384;

/**
 * Says about any token whether it is good for a use, at this moment. What is in memory is believed only while the
 * volatile store has been heard within the last second and a half; otherwise it is asked first. Throws `Unavailable`
 * where it cannot be known: never "active" by default.
 */
export class TokenVerifier {
  readonly #parts: TokenVerifierParts;

  constructor(parts: TokenVerifierParts) {
    this.#parts = parts;
  }

  async verify(text: string, use: TokenUse): Promise<Verification> {
    if (text.length > LONGEST) return MALFORMED;
    const { versions, clock } = this.#parts;
    const read = readToken(text);
    const elsewhere = read === undefined ? JWT.test(text) : read.kind === "at" || read.kind === "sso";
    if ((read === undefined && !elsewhere) || read?.kind === "rt") return MALFORMED;
    if (!versions.isKnown(clock.nowMs())) await versions.look();
    if (elsewhere || read === undefined) return await this.#verifyOther(text, use);
    return await this.#verifyOwn(read.kind, read.hash, use);
  }

  /** One that is kept here. */
  async #verifyOwn(kind: string, hash: string, use: TokenUse): Promise<Verification> {
    const { cache, clock } = this.#parts;
    const nowMs = clock.nowMs();
    const peeked = cache.peek(hash, nowMs) ?? (await cache.read(hash, nowMs));
    // The kind is part of what was hashed, so another one is another token; asked all the same.
    if (peeked === undefined || peeked === "unknown" || peeked.token.kind !== kind) return UNKNOWN;
    const facts = await ownerFacts(this.#parts.owners, peeked.token.owner);
    const judgement = judge(peeked, this.#standing(peeked, facts), use, nowMs);
    const verification = await this.#answer(peeked, facts, judgement, nowMs);
    this.#seen(verification, peeked.token, use, nowMs);
    return verification;
  }

  /** Worked out anew only when the owner's record or the declared resources are other ones. */
  #standing(cached: CachedToken, facts: OwnerFacts): Standing {
    const { resources } = this.#parts;
    const owner =
      facts.kind === "account" ? facts.account : facts.kind === "application" ? facts.application : null;
    const declared = resources.usableScopes();
    const kept = cached.standing;
    if (kept !== undefined && kept.owner === owner && kept.declared === declared) return kept.value;
    const value = standingOf(cached.token, facts, resources);
    cached.standing = { value, owner, declared };
    return value;
  }

  async #answer(
    { token, addresses, methods }: CachedToken,
    facts: OwnerFacts,
    judgement: Judgement,
    nowMs: number,
  ): Promise<Verification> {
    const { id, kind, owner, limits } = token;
    const { resources } = limits;
    if (!judgement.good) {
      const { refusal, missing } = judgement;
      return { active: false, refusal, id, kind, owner, resources, missing };
    }
    const rate = await countUse(this.#parts, token, nowMs);
    if (rate !== undefined && rate.kind !== "within") {
      return { active: false, refusal: rate.kind, id, kind, owner, resources, rate: rate.state };
    }
    return {
      active: true,
      id,
      kind,
      owner,
      subject: subjectOf(owner),
      username: facts.kind === "account" ? facts.account?.username : undefined,
      clientId: owner.kind === "application" ? owner.id : undefined,
      scopes: judgement.scopes,
      resources: judgement.resources,
      binding: limits.binding,
      dependsOn: [
        ...(addresses === undefined ? [] : (["address"] as const)),
        ...(methods === undefined ? [] : (["method"] as const)),
        ...(limits.pathPrefixes.length === 0 ? [] : (["path"] as const)),
      ],
      issuedAtMs: token.createdAtMs,
      expiresAtMs: token.expiresAtMs,
      rate: rate?.state,
    };
  }

  /** An OAuth access token or a session's own: the part that issued it says whether it stands, the use is judged here. */
  async #verifyOther(text: string, use: TokenUse): Promise<Verification> {
    const { source, clock } = this.#parts;
    const issued = await source.find(text);
    if (issued === undefined) return UNKNOWN;
    const found = await this.#withinRights(issued);
    const nowMs = clock.nowMs();
    const refusal = this.#refusalOf(found, use, nowMs);
    const { id, kind, owner, resources } = found;
    const verification: Verification =
      refusal === undefined
        ? { ...found, active: true }
        : { active: false, id, kind, owner, resources, ...refusal };
    this.#seen(verification, found, use, nowMs);
    return verification;
  }

  /** An application may have been allowed more of our own API than its person may do. */
  async #withinRights(found: SourceToken): Promise<SourceToken> {
    if (!found.scopes.some((scope) => isOwnScope(scope) && isForOwnersAlone(scope))) return found;
    const facts = await ownerFacts(this.#parts.owners, found.owner);
    if (facts.kind !== "account" || facts.account?.role === "owner") return found;
    return {
      ...found,
      scopes: found.scopes.filter((scope) => !(isOwnScope(scope) && isForOwnersAlone(scope))),
    };
  }

  #refusalOf(
    found: SourceToken,
    { resource, proof, provesLater, ...needs }: TokenUse,
    nowMs: number,
  ): { readonly refusal: TokenRefusal; readonly missing?: readonly string[] } | undefined {
    const { binding, resources } = found;
    if (found.expiresAtMs <= nowMs) return { refusal: "expired" };
    const proved =
      binding === undefined || provesLater === true || proof?.[binding.kind] === binding.thumbprint;
    if (!proved) return { refusal: "binding" };
    if (resource !== undefined && !resources.includes(resource)) return { refusal: "resource" };
    const missing = missingScopes(found.scopes, needs);
    return missing.length > 0 ? { refusal: "scope", missing } : undefined;
  }

  #seen(
    verification: Verification,
    { id, kind, owner }: Pick<SourceToken, "id" | "owner"> & Pick<TokenUseSeen, "kind">,
    { address, resource }: TokenUse,
    atMs: number,
  ): void {
    const { active } = verification;
    this.#parts.watch.seen({
      tokenId: id,
      kind,
      owner,
      atMs,
      address,
      resource,
      outcome: active ? "ok" : verification.refusal,
      missing: active ? undefined : verification.missing,
    });
  }
}

/** Accounts and applications have random ids, so their spaces are apart; a project's name is kept out of both. */
function subjectOf(owner: TokenOwner): string {
  return owner.kind === "project" ? `project:${owner.id}` : owner.id;
}
