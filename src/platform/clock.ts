/** Where time comes from. Core instants are epoch milliseconds; the wire's own units are made at the wire. */
export interface Clock {
  nowMs(): number;
}

export const systemClock: Clock = { nowMs: () => Date.now() };
