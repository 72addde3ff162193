import type { ApiTokenKind, TokenOwner } from "../model/api-token.ts";
import type { ResourceScope } from "../model/resource.ts";
import type { GoodToken } from "../model/token-use.ts";
import type { ApiTokenFilter } from "../storage/api-token-stores.ts";
import type { ListOptions, Page } from "../storage/stores.ts";
import { changeToken } from "./acts/change-token.ts";
import { type CreatedToken, createToken } from "./acts/create-token.ts";
import { type EndReason, releaseToken, revokeToken, suspendToken } from "./acts/end-token.ts";
import {
  type ExpectedRevocation,
  previewRevocation,
  type RevocationPreview,
  revokeMany,
} from "./acts/revoke-many.ts";
import { rotateToken } from "./acts/rotate-token.ts";
import { factsOf, isWithin, type Reach, reachOf } from "./acts/token-access.ts";
import type { TokenActParts } from "./acts/token-parts.ts";
import type { TokenActor, TokenFacts, TokenResult } from "./token-act.ts";
import { mayHold, ownerFacts } from "./token-rights.ts";

type Changed = Promise<TokenResult<{ readonly token: TokenFacts }>>;

/** A resource with those of its scopes that a token may have. */
export interface TokenOffer {
  readonly identifier: string;
  readonly name: string;
  readonly scopes: readonly ResourceScope[];
}

/**
 * API tokens as people and programs handle them. People reach their own, owners all of them; each act is in the audit
 * trail before it happens and known to every process within a second after. `input` is checked here, whoever hands it
 * in; a refusal is a value with a code and sentences. Everything may throw `Unavailable`.
 */
export class ApiTokens {
  readonly #parts: TokenActParts;

  constructor(parts: TokenActParts) {
    this.#parts = parts;
  }

  /** `input`: see `NewTokenInput`. The secret is in the answer, this once. */
  async create(actor: TokenActor, input: unknown): Promise<TokenResult<CreatedToken>> {
    return await createToken(this.#parts, actor, input);
  }

  /** undefined: there is none, or none that the actor may see. */
  async get(actor: TokenActor, id: string): Promise<TokenFacts | undefined> {
    const { store, owners } = this.#parts;
    const [token, reach] = await Promise.all([store.get(id), reachOf(owners, actor, "read")]);
    return token !== undefined && isWithin(reach, token) ? factsOf(token) : undefined;
  }

  /** Newest first. An actor who reaches only their own tokens sees those, whatever the filter says. */
  async list(actor: TokenActor, filter: ApiTokenFilter, options: ListOptions): Promise<Page<TokenFacts>> {
    const reach: Reach = await reachOf(this.#parts.owners, actor, "read");
    if (reach.kind === "none") return { items: [], total: 0 };
    const within = reach.kind === "own" ? { ...filter, owner: reach.owner } : filter;
    const page = await this.#parts.store.list(within, options);
    return { ...page, items: page.items.map(factsOf) };
  }

  /** `input`: see `TokenChangeInput`; `version` as it was last read, or undefined for whatever it is. */
  async change(actor: TokenActor, id: string, input: unknown, version?: number): Changed {
    return await changeToken(this.#parts, actor, id, input, version);
  }

  /** `input`: see `RotationInput`. The new secret is in the answer, this once. */
  async rotate(
    actor: TokenActor,
    id: string,
    input: unknown,
    version?: number,
  ): Promise<TokenResult<CreatedToken>> {
    return await rotateToken(this.#parts, actor, id, input, version);
  }

  async revoke(actor: TokenActor, id: string, end: EndReason = {}, version?: number): Changed {
    return await revokeToken(this.#parts, actor, id, end, version);
  }

  async suspend(actor: TokenActor, id: string, end: EndReason = {}, version?: number): Changed {
    return await suspendToken(this.#parts, actor, id, end, version);
  }

  async release(actor: TokenActor, id: string, version?: number): Changed {
    return await releaseToken(this.#parts, actor, id, version);
  }

  /** What `revokeWhere` would revoke: the number, the first page, and what stands for exactly these. */
  async preview(actor: TokenActor, filter: ApiTokenFilter): Promise<TokenResult<RevocationPreview>> {
    return await previewRevocation(this.#parts, actor, filter);
  }

  /** Revokes all that match; with `expected`, only if they are still those that the preview showed. */
  async revokeWhere(
    actor: TokenActor,
    filter: ApiTokenFilter,
    options: {
      readonly reason?: string | undefined;
      readonly expected?: ExpectedRevocation | undefined;
    } = {},
  ): Promise<TokenResult<{ readonly count: number }>> {
    return await revokeMany(this.#parts, actor, filter, options);
  }

  /** Resources and scopes that a token of this kind and owner may be made with now, for the page that makes one. */
  async offers(kind: ApiTokenKind, owner: TokenOwner): Promise<readonly TokenOffer[]> {
    const facts = await ownerFacts(this.#parts.owners, owner);
    const { resources } = this.#parts;
    return [...resources.builtIn(), ...resources.all()].flatMap((resource) => {
      if (!resource.enabled) return [];
      const scopes = resource.scopes.filter(({ name }) => mayHold(kind, facts, name, resource));
      // A key may be made for a resource without scopes: it says who calls. Our own API is nothing without them.
      if (scopes.length === 0 && resources.builtIn().includes(resource)) return [];
      return [{ identifier: resource.identifier, name: resource.name, scopes }];
    });
  }

  /** Whoever calls our own API with a token that was found good: what it may do is what the token has. */
  async actorOf(good: GoodToken, address: string): Promise<TokenActor> {
    const { id: tokenId, owner, scopes, resources, expiresAtMs } = good;
    const token =
      good.kind === "at" || good.kind === "sso" ? undefined : await this.#parts.store.get(tokenId);
    const { binding } = good;
    const bare = { scopes, resources, addresses: [], methods: [], pathPrefixes: [], binding };
    const limits = token?.limits ?? bare;
    return {
      kind: "token",
      tokenId,
      name: token?.name ?? good.username ?? good.clientId ?? good.kind,
      address,
      owner,
      madeBy: token?.madeBy ?? owner.id,
      scopes,
      ceiling: { limits, expiresAtMs },
    };
  }
}
