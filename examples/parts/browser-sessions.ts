import { createHash, randomBytes } from "node:crypto";
import type { Request, Response } from "express";

interface Entry<T> {
  readonly data: T;
  readonly endsAtMs: number;
}

/** More than this many are a demonstration no longer; the oldest gives way. */
const MOST = 10_000;

/**
 * What a small application remembers of a browser, in memory: its login in progress, or the person who is logged in.
 * The application itself can end a session, without the browser: that is what single logout needs.
 */
export class BrowserSessions<T> {
  readonly #cookie: string;
  readonly #attributes: string;
  readonly #lifetimeMs: number;
  /** By SHA-256 of the cookie's value. */
  readonly #entries = new Map<string, Entry<T>>();

  /** `sameSite` is `none` only where a form of another site must bring the cookie; browsers demand https for that. */
  constructor(options: { cookie: string; secure: boolean; sameSite?: "lax" | "none"; lifetimeMs: number }) {
    this.#cookie = options.cookie;
    const sameSite = options.sameSite === "none" && options.secure ? "None" : "Lax";
    this.#attributes = `Path=/; HttpOnly; SameSite=${sameSite}${options.secure ? "; Secure" : ""}`;
    this.#lifetimeMs = options.lifetimeMs;
  }

  /** Begins a new session under a new id: one that was planted before is worth nothing. */
  begin(request: Request, response: Response, data: T): void {
    this.#entries.delete(this.#key(request) ?? "");
    const id = randomBytes(32).toString("base64url");
    if (this.#entries.size >= MOST) this.#entries.delete(this.#entries.keys().next().value ?? "");
    this.#entries.set(digest(id), { data, endsAtMs: Date.now() + this.#lifetimeMs });
    response.append("Set-Cookie", `${this.#cookie}=${id}; ${this.#attributes}`);
  }

  of(request: Request): T | undefined {
    const entry = this.#entries.get(this.#key(request) ?? "");
    return entry !== undefined && entry.endsAtMs > Date.now() ? entry.data : undefined;
  }

  end(request: Request, response: Response): T | undefined {
    const data = this.of(request);
    this.#entries.delete(this.#key(request) ?? "");
    response.append("Set-Cookie", `${this.#cookie}=; Max-Age=0; ${this.#attributes}`);
    return data;
  }

  /** Ends every session that `matches`, whatever browser it is in. Returns how many there were. */
  endWhere(matches: (data: T) => boolean): number {
    const found = [...this.#entries].filter(([, entry]) => matches(entry.data));
    for (const [key] of found) this.#entries.delete(key);
    return found.length;
  }

  #key(request: Request): string | undefined {
    const found = (request.headers.cookie ?? "")
      .split(/;\s*/)
      .find((pair) => pair.startsWith(`${this.#cookie}=`));
    return found === undefined ? undefined : digest(found.slice(this.#cookie.length + 1));
  }
}

function digest(id: string): string {
  return createHash("sha256").update(id).digest("base64url");
}
