import type { Request, RequestHandler, Response } from "express";
import { isLive } from "../decision/freshness.ts";
import type { Browser } from "../flow/browser.ts";
import type { Account } from "../model/account.ts";
import type { Authentication } from "../model/authentication.ts";
import type { SignOnPolicy } from "../model/policy.ts";
import type { Session } from "../model/session.ts";
import type { Clock } from "../platform/clock.ts";
import { sha256 } from "../platform/digest.ts";
import { type Random, randomId, randomToken } from "../platform/random.ts";
import type { SessionStore } from "../session/session-store.ts";
import { cookieName, readCookie } from "./cookies.ts";
import { idleSeconds } from "./session-middleware.ts";
import type { SsoCookie } from "./sso-cookie.ts";

declare global {
  namespace Express {
    interface Request {
      browser?: Browser;
    }
  }
}

export interface BrowserParts {
  readonly sessions: SessionStore;
  readonly accounts: { get(id: string): Promise<Account | undefined> };
  /** Another account logged in over this session: it ends, and its applications are told. */
  readonly replaced: (sessionId: string) => Promise<void>;
  readonly addressOf: (request: Request) => string;
  /** For the applications of one domain; absent: there are none. */
  readonly sso?: Pick<SsoCookie, "give" | "takeBack"> | undefined;
  readonly secure: boolean;
  readonly policy: SignOnPolicy;
  readonly clock: Clock;
  readonly random: Random;
}

/** A binding cookie's value as we make it; anything else is treated as none. */
const BINDING = /^[\w-]{43}$/;
const TOUCH_EVERY_MS = 60_000;
const TOUCHES_KEPT = 50_000;

/** The browser behind a request. Mounted behind the session middleware; a route without it is a bug. */
export function browserOf(request: Request): Browser {
  if (request.browser === undefined) throw new Error("the route is not behind the browser middleware");
  return request.browser;
}

/** Puts a `Browser` on each request: its live session with the account, its binding, its address. */
export function browserMiddleware(parts: BrowserParts): RequestHandler {
  const touched = new Map<string, number>();
  return async (request, response, next) => {
    const found = await liveSession(parts, request);
    if (found.session !== undefined) await touch(parts, touched, request, found.session);
    const binding = bind(parts, request, response);
    request.browser = new RequestBrowser(parts, { request, response }, found, binding);
    next();
  };
}

class RequestBrowser implements Browser {
  readonly #parts: BrowserParts;
  readonly #request: Request;
  readonly #response: Response;
  #session: Session | undefined;
  #account: Account | undefined;
  readonly binding: string | undefined;
  readonly address: string;

  constructor(
    parts: BrowserParts,
    { request, response }: { readonly request: Request; readonly response: Response },
    { session, account }: Pick<Browser, "session" | "account">,
    binding: string | undefined,
  ) {
    this.#parts = parts;
    this.#request = request;
    this.#response = response;
    this.#session = session;
    this.#account = account;
    this.binding = binding;
    this.address = parts.addressOf(request);
  }

  get session(): Session | undefined {
    return this.#session;
  }

  get account(): Account | undefined {
    return this.#account;
  }

  async logIn(accountId: string, authentication: Authentication, remembered: boolean): Promise<Session> {
    const { sessions, accounts, clock, random, policy } = this.#parts;
    const before = this.#session;
    const nowMs = clock.nowMs();
    const renewed = before?.accountId === accountId ? before : undefined;
    const session: Session = {
      id: renewed?.id ?? randomId(random),
      accountId,
      startedAtMs: renewed?.startedAtMs ?? nowMs,
      lastSeenAtMs: nowMs,
      authentication,
      remembered: remembered || renewed?.remembered === true,
    };
    // While its record is still there: a session without one counts as gone, and nobody would be told.
    if (before !== undefined && renewed === undefined) await this.#parts.replaced(before.id);
    // A new id at every login: one that was planted in the browser before is worth nothing (session fixation).
    await regenerate(this.#request);
    this.#request.session.gatehouse = session;
    if (session.remembered) this.#request.session.cookie.maxAge = policy.rememberedAbsoluteMs;
    // Written before it can be found: a logout in between would end what is not there yet, and it would stay.
    await save(this.#request);
    const cookieHash = sha256(this.#request.sessionID);
    await sessions.place(session, cookieHash);
    await this.#parts.sso?.give(this.#response, session, cookieHash);
    this.#session = session;
    this.#account = await accounts.get(accountId);
    return session;
  }

  async logOut(): Promise<void> {
    await regenerate(this.#request);
    this.#parts.sso?.takeBack(this.#response);
    this.#session = undefined;
    this.#account = undefined;
  }
}

/** The session of the request's cookie, if it is within its lifetime and its account may still log in. */
async function liveSession(
  parts: BrowserParts,
  request: Request,
): Promise<{ session: Session | undefined; account: Account | undefined }> {
  const none = { session: undefined, account: undefined };
  const stored = request.session.gatehouse;
  if (stored === undefined) return none;
  const nowMs = parts.clock.nowMs();
  // The record was still in the store, whose lifetime for it is the idle limit: so the browser was seen within it.
  const session = { ...stored, lastSeenAtMs: nowMs };
  if (!isLive(session, parts.policy, nowMs)) return none;
  const account = await parts.accounts.get(stored.accountId);
  return account?.enabled === true ? { session, account } : none;
}

/** Extends the idle lifetime, once a minute and process at most. */
async function touch(
  parts: BrowserParts,
  touched: Map<string, number>,
  request: Request,
  session: Session,
): Promise<void> {
  const nowMs = parts.clock.nowMs();
  const last = touched.get(session.id);
  if (last !== undefined && nowMs - last < TOUCH_EVERY_MS && nowMs >= last) return;
  if (touched.size >= TOUCHES_KEPT) touched.clear();
  touched.set(session.id, nowMs);
  await parts.sessions.touch(sha256(request.sessionID), idleSeconds(session, parts.policy) * 1000);
}

/**
 * The binding cookie ties a parked sign-on request to this browser. It is given out on a GET only: a cross-site POST
 * brings no Lax cookies, and a new one would overwrite the one that the browser has.
 */
function bind(parts: BrowserParts, request: Request, response: Response): string | undefined {
  const name = cookieName("gatehouse-browser", parts.secure);
  const brought = readCookie(request, name);
  if (brought !== undefined && BINDING.test(brought)) return sha256(brought);
  if (request.method !== "GET") return undefined;
  const value = randomToken(parts.random);
  response.cookie(name, value, { httpOnly: true, sameSite: "lax", secure: parts.secure, path: "/" });
  return sha256(value);
}

async function regenerate(request: Request): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    request.session.regenerate((error: unknown) => (error ? reject(toError(error)) : resolve()));
  });
}

async function save(request: Request): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    request.session.save((error: unknown) => (error ? reject(toError(error)) : resolve()));
  });
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
