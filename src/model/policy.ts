/** Limits that hold for every sign-on; all of them settings of the whole server. */
export interface SignOnPolicy {
  readonly sessionIdleMs: number;
  readonly sessionAbsoluteMs: number;
  readonly rememberedIdleMs: number;
  readonly rememberedAbsoluteMs: number;
  /** Difference between clocks that is forgiven, everywhere. */
  readonly clockSkewMs: number;
}
