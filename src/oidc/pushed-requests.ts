import { Parameters } from "../http/parameters.ts";
import { sha256 } from "../platform/digest.ts";
import type { SingleUse } from "../volatile/single-use.ts";
import type { VolatileStore } from "../volatile/volatile-store.ts";
import { AUTHORIZATION_PARAMETERS } from "./authorization-parameters.ts";

/** RFC 9126 2.2. */
const URI_PREFIX = "urn:ietf:params:oauth:request_uri:";
/** How long the client has to send the browser here. */
const LIFETIME_SECONDS = 60;
/** How long the person then has until the answer: as long as a parked request lives, and the time to get here. */
const ANSWERABLE_MS = 60 * 60_000 + LIFETIME_SECONDS * 1000;

export interface PushedRequest {
  readonly id: string;
  readonly parameters: Parameters;
}

/**
 * Pushed authorization requests (RFC 9126). The request itself may be read again while it lives, so that a page that
 * is opened twice still works; what happens once is its answer, through a one-time entry of its own kind.
 */
export class PushedRequests {
  readonly #store: VolatileStore;
  readonly #singleUse: SingleUse;

  constructor(store: VolatileStore, singleUse: SingleUse) {
    this.#store = store;
    this.#singleUse = singleUse;
  }

  /** Keeps the parameters of an authorization request, and none of those that authenticated the client. */
  async push(
    clientId: string,
    parameters: Parameters,
  ): Promise<{ readonly requestUri: string; readonly expiresInSeconds: number }> {
    const id = await this.#singleUse.issue("par", {}, ANSWERABLE_MS, clientId);
    const kept = AUTHORIZATION_PARAMETERS.flatMap((name) =>
      parameters.all(name).map((value) => `${name}=${encodeURIComponent(value)}`),
    );
    await this.#store.set(key(clientId, id), kept.join("&"), LIFETIME_SECONDS * 1000);
    return { requestUri: URI_PREFIX + id, expiresInSeconds: LIFETIME_SECONDS };
  }

  /** undefined: unknown, expired, answered, or pushed by another client. */
  async read(clientId: string, requestUri: string): Promise<PushedRequest | undefined> {
    const id = requestUri.slice(URI_PREFIX.length);
    const text = await this.#store.get(key(clientId, id));
    const parameters = text === undefined ? undefined : Parameters.read(text);
    return parameters === undefined ? undefined : { id, parameters };
  }

  /** True for the one call that may answer the request (RFC 9126 4). */
  async spend(clientId: string, id: string): Promise<boolean> {
    const { state } = await this.#singleUse.redeem<object>("par", id, ANSWERABLE_MS, clientId);
    await this.#store.delete([key(clientId, id)]);
    return state === "yours";
  }
}

/** Whether a `request_uri` is one that we gave out; any other is an address that we never fetch. */
export function isPushedRequestUri(requestUri: string): boolean {
  return requestUri.startsWith(URI_PREFIX);
}

/** The client is part of the key: another client's id finds nothing. */
function key(clientId: string, id: string): string {
  return `par-request:${sha256(`${clientId} ${id}`)}`;
}
