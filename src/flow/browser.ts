import type { Account } from "../model/account.ts";
import type { Authentication } from "../model/authentication.ts";
import type { Session } from "../model/session.ts";

/** The browser that a request came from, as far as the shell must know it. http/browser.ts makes one. */
export interface Browser {
  /** The live session: idle and absolute limits and the account's switch are already applied. */
  readonly session: Session | undefined;
  /** The session's account as it is now; defined whenever `session` is. */
  readonly account: Account | undefined;
  /**
   * SHA-256 of the browser's binding cookie, or undefined when it brought none (a cross-site POST brings none).
   * A parked sign-on request continues only in the browser that it is bound to.
   */
  readonly binding: string | undefined;
  /** The client's address, taken from trusted proxies only. */
  readonly address: string;
  /** Begins a session, or renews this one for the same account; the cookie's id changes either way. */
  logIn(accountId: string, authentication: Authentication, remembered: boolean): Promise<Session>;
  /** Ends the session in this browser: the cookie's id is dead afterwards. */
  logOut(): Promise<void>;
}
