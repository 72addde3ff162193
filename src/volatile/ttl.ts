/** A time to live as the stores take it: whole milliseconds, at least one. Throws RangeError when it is no number. */
export function wholeMs(ttlMs: number): number {
  if (!Number.isFinite(ttlMs)) throw new RangeError("a time to live is a number of milliseconds");
  return Math.max(1, Math.ceil(ttlMs));
}
