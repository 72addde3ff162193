import { createHmac } from "node:crypto";
import type { Request, RequestHandler } from "express";
import type { Browser } from "../flow/browser.ts";
import { constantTimeEqual } from "../platform/digest.ts";
import { browserOf } from "./browser.ts";
import { formOf } from "./form-body.ts";
import { lostCookie, staleForm } from "./problems.ts";
import type { ReplySender } from "./reply-sender.ts";

/** The hidden field that carries the token. */
export const CSRF_FIELD = "csrf";

/**
 * Keeps other sites from posting our forms in a person's browser, the login form among them (a stranger's session in
 * the victim's browser). Two independent proofs: what the browser says about the sender, and a token that only a page
 * of ours in this browser could have shown.
 */
export class Csrf {
  readonly #key: string;
  readonly #origin: string;

  /** The issuer's host, for the page that says for whom cookies must be allowed. */
  readonly host: string;

  /** `key`: derived from GATEHOUSE_SECRET for this purpose alone. */
  constructor(key: string, issuer: string) {
    this.#key = key;
    this.#origin = new URL(issuer).origin;
    this.host = new URL(issuer).host;
  }

  /** The token for a form. It hangs on the browser's binding cookie, which a login page has before any session. */
  token(browser: Browser): string {
    return createHmac("sha256", this.#key)
      .update(`csrf|${browser.binding ?? ""}`)
      .digest("base64url");
  }

  /** `no-cookie`: the browser brought no binding cookie at all. */
  check(request: Request, browser: Browser, token: string | undefined): "ours" | "no-cookie" | "foreign" {
    if (!this.#sentByUs(request)) return "foreign";
    if (browser.binding === undefined) return "no-cookie";
    return token !== undefined && constantTimeEqual(token, this.token(browser)) ? "ours" : "foreign";
  }

  /**
   * `Sec-Fetch-Site` where the browser sends it. Otherwise `Origin`, which is `null` under our own no-referrer policy
   * and then says nothing: the token alone decides.
   */
  #sentByUs(request: Request): boolean {
    const site = request.headers["sec-fetch-site"];
    if (site !== undefined) return site === "same-origin";
    const origin = request.headers.origin;
    return origin === undefined || origin === "null" || origin === this.#origin;
  }
}

/** Lets a form through when it is ours; mounted behind the browser middleware and `formBody`. */
export function csrfGuard(csrf: Csrf, replySender: ReplySender): RequestHandler {
  return (request, response, next) => {
    const verdict = csrf.check(request, browserOf(request), formOf(request).get(CSRF_FIELD));
    switch (verdict) {
      case "ours":
        next();
        return;
      case "no-cookie":
        replySender.problem(request, response, lostCookie(csrf.host));
        return;
      case "foreign":
        replySender.problem(request, response, staleForm());
        return;
    }
  };
}
