import { canonicalLoginName } from "../account/login-name.ts";
import { normalisedPassword, PASSWORD_MOST } from "../account/password-rules.ts";
import type { AuditTrail } from "../audit/audit-trail.ts";
import type { Account } from "../model/account.ts";
import { Busy } from "../platform/busy.ts";
import type { Clock } from "../platform/clock.ts";
import type { AccountStore } from "../storage/stores.ts";
import type { KnownDevices } from "./known-devices.ts";
import type { PasswordHasher } from "./password-hasher.ts";
import type { Throttle, Verdict } from "./throttle.ts";

export interface PasswordLoginParts {
  readonly accounts: { findByLoginName(typed: string): Promise<Account | undefined> };
  readonly store: Pick<AccountStore, "passwordHash" | "setPasswordHash">;
  readonly hasher: Pick<PasswordHasher, "verify" | "hash" | "needsRehash">;
  readonly throttle: Throttle;
  readonly devices: KnownDevices;
  readonly audit: AuditTrail;
  readonly clock: Clock;
}

export interface PasswordAttempt {
  readonly username: string;
  readonly password: string;
  readonly address: string;
  /** The value of the device cookie, if the browser brought one. */
  readonly deviceToken: string | undefined;
}

/** `wrong` does not say what was wrong: the name, the password, or that the account is switched off. */
export type LoginResult =
  | { readonly kind: "accepted"; readonly account: Account; readonly deviceToken: string }
  | { readonly kind: "wrong"; readonly triesLeft: number; readonly nextWaitMs: number }
  | { readonly kind: "wait"; readonly waitMs: number };

/** Asked for a name that nobody has, so that the database does the same work for it. */
const NOBODY = "nobody";

/**
 * Login with a name and a password. An unknown name, a wrong password and a switched-off account cost the same work and
 * get the same answer, so that nobody learns who has an account here. Throws `Unavailable` and `Busy`.
 */
export class PasswordLogin {
  readonly #parts: PasswordLoginParts;

  constructor(parts: PasswordLoginParts) {
    this.#parts = parts;
  }

  async attempt(attempt: PasswordAttempt): Promise<LoginResult> {
    const { accounts, devices, throttle } = this.#parts;
    const account = await accounts.findByLoginName(attempt.username);
    const knownDevice = await devices.find(account?.id, attempt.deviceToken);
    const name = canonicalLoginName(attempt.username);
    const verdict = await throttle.begin({ name, address: attempt.address, knownDevice });
    if (verdict.kind === "wait") {
      this.#note("login.held", account, attempt.address, { waitMs: verdict.waitMs });
      return verdict;
    }
    const right = await this.#check(account, attempt.password, verdict);
    if (account === undefined || !right || !account.enabled) {
      this.#note("login.failed", account, attempt.address, { reason: reasonOf(account, right) });
      return { kind: "wrong", triesLeft: verdict.triesLeft, nextWaitMs: verdict.nextWaitMs };
    }
    await verdict.succeeded();
    await this.#renewHash(account, attempt.password);
    this.#note("login.succeeded", account, attempt.address, { method: "password" });
    return {
      kind: "accepted",
      account,
      deviceToken: await devices.remember(account.id, attempt.deviceToken),
    };
  }

  async #check(
    account: Account | undefined,
    typed: string,
    verdict: Verdict & { kind: "checked" },
  ): Promise<boolean> {
    const { store, hasher } = this.#parts;
    // Longer than any password here: it is wrong, and hashing a megabyte would be a gift to whoever sends it.
    const password = typed.length > 2 * PASSWORD_MOST ? "" : normalisedPassword(typed);
    try {
      return await hasher.verify(await store.passwordHash(account?.id ?? NOBODY), password);
    } catch (error) {
      // Nothing was learned about the password: a full queue or a store that is away must not use up tries.
      await verdict.givenBack().catch(() => undefined);
      throw error;
    }
  }

  /** Made with older parameters: the moment of a right password is the only one in which it can be made anew. */
  async #renewHash(account: Account, password: string): Promise<void> {
    const { store, hasher, clock } = this.#parts;
    const stored = await store.passwordHash(account.id);
    if (stored === undefined || !hasher.needsRehash(stored)) return;
    try {
      await store.setPasswordHash(account.id, await hasher.hash(normalisedPassword(password)), clock.nowMs());
    } catch (error) {
      // A full queue is no reason to turn somebody away whose password was right: the next login does it.
      if (!(error instanceof Busy)) throw error;
    }
  }

  /** The typed name is never written down: people type their password into that field. */
  #note(
    action: string,
    account: Account | undefined,
    address: string,
    detail: Readonly<Record<string, string | number>>,
  ): void {
    const known = account === undefined ? {} : { targetId: account.id, targetName: account.username };
    const outcome = action === "login.succeeded" ? "success" : "refused";
    this.#parts.audit.note({ action, outcome, targetKind: "account", ...known, address, detail });
  }
}

function reasonOf(account: Account | undefined, right: boolean): string {
  if (account === undefined) return "unknown name";
  if (!right) return "wrong password";
  return "account switched off";
}
