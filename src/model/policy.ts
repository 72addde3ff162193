import type { AuthenticationContext } from "./authentication.ts";

/** Limits that hold for every sign-on; all of them settings of the whole server. */
export interface SignOnPolicy {
  readonly sessionIdleMs: number;
  readonly sessionAbsoluteMs: number;
  readonly rememberedIdleMs: number;
  readonly rememberedAbsoluteMs: number;
  /** Difference between clocks that is forgiven, everywhere. */
  readonly clockSkewMs: number;
  /** What a login here can reach; a requested context beyond it is refused, not looped on. */
  readonly availableContexts: readonly AuthenticationContext[];
}
