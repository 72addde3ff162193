import type { CookieOptions, Response } from "express";
import type { SignOnPolicy } from "../model/policy.ts";
import type { Session } from "../model/session.ts";

/** The prefix makes browsers refuse it without Secure, so no host of the domain can plant one over plain http. */
export const SSO_COOKIE = "__Secure-gatehouse-sso";

export interface SsoCookieParts {
  /** Every host of it gets the cookie, which is why it is not the session's: it can do nothing here. */
  readonly domain: string;
  readonly tokens: { issue(session: Session, cookieHash: string): Promise<string> };
  readonly policy: Pick<SignOnPolicy, "rememberedAbsoluteMs">;
}

/** The cookie that brings a session's own token to the applications of one domain. */
export class SsoCookie {
  readonly #parts: SsoCookieParts;

  constructor(parts: SsoCookieParts) {
    this.#parts = parts;
  }

  /** At each login; lives in the browser as long as the session's cookie does. Throws `Unavailable`. */
  async give(response: Response, session: Session, cookieHash: string): Promise<void> {
    const { tokens, policy } = this.#parts;
    const token = await tokens.issue(session, cookieHash);
    const maxAge = session.remembered ? { maxAge: policy.rememberedAbsoluteMs } : {};
    response.cookie(SSO_COOKIE, token, { ...this.#options(), ...maxAge });
  }

  takeBack(response: Response): void {
    response.clearCookie(SSO_COOKIE, this.#options());
  }

  #options(): CookieOptions {
    return { domain: this.#parts.domain, path: "/", secure: true, httpOnly: true, sameSite: "lax" };
  }
}
