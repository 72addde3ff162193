import { sha256 } from "../platform/digest.ts";
import { type Random, randomToken } from "../platform/random.ts";
import type { VolatileStore } from "../volatile/volatile-store.ts";
import type { TokenForm } from "./token-form.ts";

/** As long as somebody may take from the form to the button, a login in between. */
const LIFETIME_MS = 60 * 60_000;

/** A new token between its form and its making. It holds no secret: there is none yet. */
export interface TokenDraft {
  readonly form: TokenForm;
  readonly kind: "pat" | "key" | "svc";
  /** For `key` and `svc`; a `pat` is its maker's. */
  readonly owner?: { readonly kind: "application" | "project"; readonly id: string } | undefined;
}

/** A change of a token between its form and its doing. `version`: of the token, as the form showed it. */
export interface TokenChangeDraft {
  readonly form: TokenForm;
  readonly tokenId: string;
  readonly version: number;
}

/**
 * Drafts of tokens, each one account's. What was typed outlives the login that making a token asks for, and a draft is
 * taken once, so that a reload makes no second token. `kind` is part of the key: a draft of a change makes no token.
 */
export class TokenDrafts<T = TokenDraft> {
  readonly #store: VolatileStore;
  readonly #random: Random;
  readonly #kind: "token-draft" | "token-change";

  constructor(store: VolatileStore, random: Random, kind: "token-draft" | "token-change" = "token-draft") {
    this.#store = store;
    this.#random = random;
    this.#kind = kind;
  }

  async put(accountId: string, draft: T): Promise<string> {
    const id = randomToken(this.#random);
    await this.#store.set(this.#keyOf(id, accountId), JSON.stringify(draft), LIFETIME_MS);
    return id;
  }

  /** undefined: unknown, too old, used, or somebody else's. */
  async read(id: string, accountId: string): Promise<T | undefined> {
    const text = await this.#store.get(this.#keyOf(id, accountId));
    return text === undefined ? undefined : (JSON.parse(text) as T);
  }

  /** The same, for the one call that makes the token. */
  async take(id: string, accountId: string): Promise<T | undefined> {
    const text = await this.#store.getAndDelete(this.#keyOf(id, accountId));
    return text === undefined ? undefined : (JSON.parse(text) as T);
  }

  /** The account is part of the key: somebody else's draft cannot even be asked for. */
  #keyOf(id: string, accountId: string): string {
    return `${this.#kind}:${accountId}:${sha256(id)}`;
  }
}
