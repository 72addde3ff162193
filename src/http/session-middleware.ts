import { RedisStore } from "connect-redis";
import type { RequestHandler } from "express";
import session from "express-session";
import type { SignOnPolicy } from "../model/policy.ts";
import type { Session as StoredSession } from "../model/session.ts";
import { type Random, randomToken } from "../platform/random.ts";
import { SESSION_PREFIX } from "../session/session-store.ts";
import { sessionClient } from "../volatile/session-client.ts";
import type { VolatileStore } from "../volatile/volatile-store.ts";
import { cookieName } from "./cookies.ts";

declare module "express-session" {
  interface SessionData {
    gatehouse?: StoredSession;
  }
}

export interface SessionMiddlewareParts {
  readonly store: VolatileStore;
  /** Signs the cookie; derived from GATEHOUSE_SECRET. */
  readonly cookieSecret: string;
  readonly secure: boolean;
  readonly policy: SignOnPolicy;
  readonly random: Random;
}

/**
 * express-session over connect-redis over the volatile store. Read only where nothing changes: the record is written at
 * login alone, and its idle lifetime is extended by http/browser.ts, so a request that was under way while a session
 * was ended cannot write it back.
 */
export function sessionMiddleware(parts: SessionMiddlewareParts): RequestHandler {
  const { store, cookieSecret, secure, policy, random } = parts;
  const middleware = session({
    name: cookieName("gatehouse", secure),
    secret: cookieSecret,
    store: new RedisStore({
      client: sessionClient(store),
      prefix: SESSION_PREFIX,
      disableTouch: true,
      ttl: (data) => idleSeconds(data.gatehouse, policy),
    }),
    genid: () => randomToken(random),
    resave: false,
    saveUninitialized: false,
    rolling: false,
    cookie: { httpOnly: true, sameSite: "lax", secure, path: "/" },
  });
  return (request, response, next) => {
    // express-session sends a Secure cookie only where it believes the connection secure. That the outside is https is
    // known from the issuer, not from a header that anybody may send or a proxy may forget.
    if (secure) Object.defineProperty(request, "secure", { value: true, configurable: true });
    void middleware(request, response, next);
  };
}

/** The idle lifetime of a session's record in the store, in seconds. */
export function idleSeconds(stored: StoredSession | undefined, policy: SignOnPolicy): number {
  const idleMs = stored?.remembered === true ? policy.rememberedIdleMs : policy.sessionIdleMs;
  return Math.ceil(idleMs / 1000);
}
