import { type Request, Router } from "express";
import type { Browser } from "../flow/browser.ts";
import { PATHS } from "../flow/endpoints.ts";
import type { SignOn } from "../flow/sign-on.ts";
import { basicCredentials } from "../http/basic-credentials.ts";
import type { PasswordLogin } from "../login/password-login.ts";
import type { Account } from "../model/account.ts";
import type { Session } from "../model/session.ts";
import type { SignOnRequest } from "../model/sign-on-request.ts";
import { randomId, randomToken } from "../platform/random.ts";
import { sha256 } from "../platform/digest.ts";
import type { Participants } from "../session/participants.ts";
import type { SessionStore } from "../session/session-store.ts";
import { refused } from "./message-refused.ts";
import { BINDING } from "./namespaces.ts";
import { receiveAuthnRequest, type ReceiveAuthnRequestParts } from "./receive-authn-request.ts";
import type { ReceivedMessage } from "./received-message.ts";
import { type SoapAnswer, type SoapEndpointParts, soapHandlers } from "./soap-endpoint.ts";

export interface EcpEndpointParts extends ReceiveAuthnRequestParts, SoapEndpointParts {
  readonly applications: ReceiveAuthnRequestParts["applications"];
  readonly signOn: Pick<SignOn, "start">;
  readonly passwordLogin: Pick<PasswordLogin, "attempt">;
  readonly sessions: Pick<SessionStore, "begin" | "end">;
  readonly participants: Pick<Participants, "list">;
}

const DOOR = { path: PATHS.samlEcp, bindings: [BINDING.paos], demandsDestination: false };

/**
 * POST /saml/ecp: the request of an application, brought by a program that is no browser, with the person's name and
 * password by HTTP Basic (SAML Profiles 4.2). Off unless an administrator switched it on for the application: a
 * password that a program keeps is weaker than one that a person types, and no second factor can be asked for.
 */
export function ecpEndpoint(parts: EcpEndpointParts): Router {
  const router = Router();
  router.post(
    PATHS.samlEcp,
    soapHandlers(parts, "login", async (message, request) => await answer(parts, message, request)),
  );
  return router;
}

/** The application first: whether it may be entered in this way says nothing about anybody's password. */
async function answer(
  parts: EcpEndpointParts,
  message: ReceivedMessage,
  request: Request,
): Promise<SoapAnswer> {
  const address = parts.addressOf(request);
  const nobody = browserOf(undefined, undefined, address);
  const received = await receiveAuthnRequest(message, nobody, parts, DOOR);
  if (received.application.ecp !== true)
    throw refused("saml.ecp", "it is not switched on", "SAML Profiles 4.2");
  const credentials = basicCredentials(request.headers.authorization);
  if (credentials === undefined) return wantsPassword();
  const login = await parts.passwordLogin.attempt({ ...credentials, address, deviceToken: undefined });
  switch (login.kind) {
    case "wrong":
      return wantsPassword();
    case "wait":
      return { status: 429, body: "", headers: { "Retry-After": String(Math.ceil(login.waitMs / 1000)) } };
    case "accepted":
      return await signOn(parts, received.request, login.account, address);
  }
}

/** A session of its own, without a cookie: it can be seen, ended and logged out like every other. */
async function signOn(
  parts: EcpEndpointParts,
  asked: SignOnRequest,
  account: Account,
  address: string,
): Promise<SoapAnswer> {
  const nowMs = parts.clock.nowMs();
  const session: Session = {
    id: randomId(parts.random),
    accountId: account.id,
    startedAtMs: nowMs,
    lastSeenAtMs: nowMs,
    authentication: { instantMs: nowMs, methods: ["pwd"], context: "password", servedRequestId: asked.id },
    remembered: false,
  };
  await parts.sessions.begin(session, sha256(randomToken(parts.random)));
  // No page can be shown, so whatever would need one is a refusal.
  const request = { ...asked, silent: true };
  const outcome = await parts.signOn.start(request, browserOf(session, account, address));
  const isIn = (await parts.participants.list(session.id)).length > 0;
  if (!isIn) await parts.sessions.end(session.id, account.id);
  if (outcome.kind !== "send" || outcome.reply.kind !== "body") {
    throw refused("saml.ecp", "it cannot be answered without a browser", "SAML Profiles 4.2");
  }
  const { status, body, headers = {} } = outcome.reply;
  return { status, body, headers };
}

/** Never which of the two was wrong. */
function wantsPassword(): SoapAnswer {
  return {
    status: 401,
    body: "",
    headers: { "WWW-Authenticate": 'Basic realm="Gatehouse", charset="UTF-8"' },
  };
}

/** What stands in the browser's place. */
function browserOf(session: Session | undefined, account: Account | undefined, address: string): Browser {
  return {
    session,
    account,
    binding: undefined,
    address,
    logIn: async () => await Promise.reject(new Error("a program logs in once, before the sign-on")),
    logOut: async () => await Promise.resolve(),
  };
}
