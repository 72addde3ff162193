import type { SignOnRequest } from "../model/sign-on-request.ts";
import { sha256 } from "../platform/digest.ts";
import { type Random, randomToken } from "../platform/random.ts";
import type { VolatileStore } from "../volatile/volatile-store.ts";

/** How long a person may take from the first redirect to the last step. */
const LIFETIME_MS = 60 * 60_000;

export interface PendingRequest {
  readonly request: SignOnRequest;
  readonly chosenAccountId: string | undefined;
}

/**
 * Sign-on requests in flight. Each is parked under a random id of its own, so that tabs do not overwrite each other,
 * and belongs to one browser: a link with somebody else's id continues nothing.
 */
export class PendingRequests {
  readonly #store: VolatileStore;
  readonly #random: Random;

  constructor(store: VolatileStore, random: Random) {
    this.#store = store;
    this.#random = random;
  }

  /** `binding` undefined: a cross-site POST brought no cookies, so the first GET that comes with the id binds it. */
  async park(request: SignOnRequest, binding: string | undefined): Promise<string> {
    const id = randomToken(this.#random);
    await this.#store.set(flowKey(id), JSON.stringify(request), LIFETIME_MS);
    if (binding !== undefined) await this.#store.set(bindingKey(id), binding, LIFETIME_MS);
    return id;
  }

  /** undefined: unknown, expired, answered already, or another browser's. */
  async read(id: string, binding: string): Promise<PendingRequest | undefined> {
    const [text, bound, chosenAccountId] = await this.#store.getMany([
      flowKey(id),
      bindingKey(id),
      chosenKey(id),
    ]);
    if (text === undefined) return undefined;
    if (bound === undefined) {
      // Of two browsers that come at once, one binds it: the other finds a binding that is not its own.
      if (!(await this.#store.setIfAbsent(bindingKey(id), binding, LIFETIME_MS))) {
        return await this.read(id, binding);
      }
    } else if (bound !== binding) {
      return undefined;
    }
    return { request: JSON.parse(text) as SignOnRequest, chosenAccountId };
  }

  /** The person picked this account for this request. */
  async choose(id: string, accountId: string): Promise<void> {
    await this.#store.set(chosenKey(id), accountId, LIFETIME_MS);
  }

  /** Takes the request away; true for the one call that did it, so that a request is answered once. */
  async finish(id: string): Promise<boolean> {
    return (await this.#store.delete([flowKey(id)])) === 1;
  }
}

function flowKey(id: string): string {
  return `flow:${sha256(id)}`;
}

function bindingKey(id: string): string {
  return `flow-binding:${sha256(id)}`;
}

function chosenKey(id: string): string {
  return `flow-chosen:${sha256(id)}`;
}
