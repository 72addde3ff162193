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

/**
 * Drafts of tokens, each one account's. What was typed outlives the login that making a token asks for, and a draft is
 * taken once, so that a reload makes no second token.
 */
export class TokenDrafts {
  readonly #store: VolatileStore;
  readonly #random: Random;

  constructor(store: VolatileStore, random: Random) {
    this.#store = store;
    this.#random = random;
  }

  async put(accountId: string, draft: TokenDraft): Promise<string> {
    const id = randomToken(this.#random);
    await this.#store.set(keyOf(id, accountId), JSON.stringify(draft), LIFETIME_MS);
    return id;
  }

  /** undefined: unknown, too old, used, or somebody else's. */
  async read(id: string, accountId: string): Promise<TokenDraft | undefined> {
    return parsed(await this.#store.get(keyOf(id, accountId)));
  }

  /** The same, for the one call that makes the token. */
  async take(id: string, accountId: string): Promise<TokenDraft | undefined> {
    return parsed(await this.#store.getAndDelete(keyOf(id, accountId)));
  }
}

/** The account is part of the key: somebody else's draft cannot even be asked for. */
function keyOf(id: string, accountId: string): string {
  return `token-draft:${accountId}:${sha256(id)}`;
}

function parsed(text: string | undefined): TokenDraft | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as TokenDraft);
}
