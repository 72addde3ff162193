import { sha256 } from "../platform/digest.ts";
import type { VolatileStore } from "../volatile/volatile-store.ts";

/**
 * Keeps a signed AuthnRequest to the browser that brought it first. The same browser may bring it again while it is
 * fresh: reloading a page or going back does that, and the answer is one that the application asked for. In another
 * browser it is somebody else's request: refused. A browser that brought no cookie (the first moment of a cross-site
 * POST, which is answered by a redirect, so a reload does not repeat it) cannot be told from another one, so there the
 * request counts once.
 *
 * In the volatile store, which may forget the last moment when it fails over: a request that comes again in another
 * browser does no more than one that anybody gets by asking the application for a sign-on, so a commit to disk for each
 * sign-on would be paid for nothing (docs/decisions/0004).
 *
 * Unsigned requests are not kept: whoever holds one can write another, and strangers would fill the store.
 */
export class RequestReplay {
  readonly #store: VolatileStore;

  constructor(store: VolatileStore) {
    this.#store = store;
  }

  /** `binding`: the browser's, or undefined. `keepMs`: afterwards the request must be too old by itself. */
  async admit(
    issuer: string,
    requestId: string,
    binding: string | undefined,
    keepMs: number,
  ): Promise<boolean> {
    const key = `saml-request:${sha256(JSON.stringify([issuer, requestId]))}`;
    if (await this.#store.setIfAbsent(key, binding ?? "", keepMs)) return true;
    return binding !== undefined && (await this.#store.get(key)) === binding;
  }
}
