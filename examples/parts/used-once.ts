/** Remembers ids until they would not be accepted any more: each counts once. */
export class UsedOnce {
  readonly #seen = new Map<string, number>();

  /** True for the first call with this id; the id is forgotten after `untilMs`, when its message has expired anyway. */
  take(id: string, untilMs: number): boolean {
    const nowMs = Date.now();
    for (const [key, endsAtMs] of this.#seen) {
      if (endsAtMs >= nowMs) break;
      this.#seen.delete(key);
    }
    if (this.#seen.has(id)) return false;
    this.#seen.set(id, untilMs);
    return true;
  }
}
