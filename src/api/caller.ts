import type { GoodToken } from "../model/token-use.ts";
import type { TokenActor } from "../tokens/token-act.ts";

/** The program behind a call: its token was found good for this API, here and now. */
export interface ApiCaller {
  readonly token: GoodToken;
  /** What the acts are done as; it carries the ceiling of what the caller can hand on. */
  readonly actor: TokenActor;
}

/** Any one of the scopes is enough. */
export function maySay(caller: Pick<GoodToken, "scopes">, scopes: readonly string[]): boolean {
  return scopes.some((scope) => caller.scopes.includes(scope));
}
