import { createHash } from "node:crypto";
import { ANSWER_WITHIN_MS, type Found, type TokenUse } from "./online-check.ts";
import type { RevocationReader } from "./revocation-reader.ts";

interface Kept {
  readonly found: Found;
  readonly ids: readonly string[];
  readonly use: TokenUse;
  readonly askedAtMs: number;
}

const MOST_KEPT = 10_000;
/**
 * An answer may have been on its way, or come from a process of Gatehouse that did not know of the revocation yet, when
 * the feed told us of it.
 */
const SETTLES_WITHIN_MS = ANSWER_WITHIN_MS + 1_000;

export interface KeptAnswersSettings {
  readonly reader: Pick<RevocationReader, "isHeard" | "namedSince">;
  readonly keptForMs: number;
  readonly resource: string;
  readonly nowMs: () => number;
}

/** Good answers that are used again for a short while, as long as the feed speaks and has not named the token. */
export class KeptAnswers {
  readonly #reader: KeptAnswersSettings["reader"];
  readonly #keptForMs: number;
  readonly #resourceName: string;
  readonly #nowMs: () => number;
  /** By SHA-256 of the token, so that a dump of the memory is no list of tokens. The oldest first. */
  readonly #kept = new Map<string, Kept>();

  constructor({ reader, keptForMs, resource, nowMs }: KeptAnswersSettings) {
    this.#reader = reader;
    this.#keptForMs = keptForMs;
    this.#resourceName = sha256(resource);
    this.#nowMs = nowMs;
  }

  /** undefined: it must be asked. */
  find(token: string, use: TokenUse): Found | undefined {
    if (this.#keptForMs === 0 || !this.#reader.isHeard()) return undefined;
    const key = keyOf(token);
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    if (!this.#isGood(kept)) {
      this.#kept.delete(key);
      return undefined;
    }
    return kept.found.dependsOn.every((part) => kept.use[part] === use[part]) ? kept.found : undefined;
  }

  keep(token: string, found: Found, use: TokenUse, askedAtMs: number): void {
    const { ids } = found;
    if (ids === undefined || this.#keptForMs === 0) return;
    const key = keyOf(token);
    const names = [...ids, ...namesOf(found.subject, found.clientId), this.#resourceName];
    const kept = { found, use, askedAtMs, ids: names };
    this.#kept.delete(key);
    if (!this.#isGood(kept)) return;
    this.#kept.set(key, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }

  drop(token: string): void {
    this.#kept.delete(keyOf(token));
  }

  #isGood({ found, ids, askedAtMs }: Kept): boolean {
    const nowMs = this.#nowMs();
    // A clock that was set back makes it old as well.
    const isYoung = nowMs >= askedAtMs && nowMs < Math.min(askedAtMs + this.#keptForMs, found.expiresAtMs);
    return isYoung && !this.#reader.namedSince(ids, askedAtMs - SETTLES_WITHIN_MS);
  }
}

/** What the feed calls everybody with this `sub`, and every token of this client, by. */
export function namesOf(subject: string, clientId: string | undefined): readonly string[] {
  return [subject, clientId].flatMap((name) => (name === undefined ? [] : [sha256(name)]));
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

function keyOf(token: string): string {
  return sha256(token);
}
