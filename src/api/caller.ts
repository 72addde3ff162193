import type { GoodToken } from "../model/token-use.ts";
import type { TokenActor } from "../tokens/token-act.ts";

/** The program behind a call: its token was found good for this API, here and now. */
export interface ApiCaller {
  readonly token: GoodToken;
  /** What the acts are done as; it carries the ceiling of what the caller can hand on. */
  readonly actor: TokenActor;
}
