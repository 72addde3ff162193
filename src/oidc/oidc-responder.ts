import type { Reply } from "../flow/reply.ts";
import type { NotRespondable, Responded, Responder, SignOnAnswer } from "../flow/responder.ts";
import type { Application, OidcApplication } from "../model/application.ts";
import type { Participant } from "../model/participant.ts";
import type { RefusalReason } from "../model/refusal.ts";
import type { SignOnRequest } from "../model/sign-on-request.ts";
import type { Clock } from "../platform/clock.ts";
import { type Random, randomId } from "../platform/random.ts";
import { sessionIndexFor } from "../session/session-index.ts";
import type { Subjects } from "../session/subject.ts";
import { fulfilledAcr } from "./acr.ts";
import type { Audiences } from "./audiences.ts";
import type { AuthorizationCodePayload, AuthorizationCodes } from "./authorization-code.ts";
import { codeResponse, errorResponse, type ResponseTarget } from "./authorization-response.ts";
import { allowedWishes } from "./claims.ts";
import { subjectFor } from "./oidc-subject.ts";
import type { PushedRequests } from "./pushed-requests.ts";
import { refusalError } from "./refusal-error.ts";
import { wireOf } from "./request-wire.ts";

export interface OidcResponderParts {
  readonly issuer: string;
  readonly codes: AuthorizationCodes;
  readonly pushed: PushedRequests;
  readonly subjects: Subjects;
  readonly audiences: Audiences;
  readonly clock: Clock;
  readonly random: Random;
}

/** OpenID Connect's side of the shell: a decision becomes an authorization response. */
export class OidcResponder implements Responder {
  readonly #parts: OidcResponderParts;

  constructor(parts: OidcResponderParts) {
    this.#parts = parts;
  }

  /** Issues a code (RFC 6749 4.1.2). A pushed request is answered with one code, once (RFC 9126 4). */
  async respond(answer: SignOnAnswer): Promise<Responded | NotRespondable> {
    const application = oidc(answer.application);
    const { issuer, codes, pushed, clock } = this.#parts;
    const { pushedId } = wireOf(answer.request);
    if (pushedId !== undefined && !(await pushed.spend(application.id, pushedId))) {
      return { refused: "access-denied", detail: "The pushed request was answered already." };
    }
    const nowMs = clock.nowMs();
    const { code, stored } = codes.issue(this.#payload(answer, application, nowMs));
    const reply = codeResponse(targetOf(answer.request, application), issuer, code);
    return { reply, participant: this.#participant(answer, application, nowMs), stored };
  }

  async refuse(
    request: SignOnRequest,
    application: Application,
    reason: RefusalReason,
    detail?: string,
  ): Promise<Reply> {
    const { error, description } = refusalError(reason);
    const target = targetOf(request, oidc(application));
    return await Promise.resolve(errorResponse(target, this.#parts.issuer, error, detail ?? description));
  }

  #participant({ account, session }: SignOnAnswer, application: OidcApplication, nowMs: number): Participant {
    return {
      applicationId: application.id,
      protocol: "oidc",
      subject: subjectFor(application, account.id, this.#parts.subjects),
      sessionIndex: sessionIndexFor(session.id, application.id),
      lastSignOnMs: nowMs,
      wire: {},
    };
  }

  #payload(answer: SignOnAnswer, application: OidcApplication, nowMs: number): AuthorizationCodePayload {
    const { request, session, account, grant } = answer;
    const wire = wireOf(request);
    const { authentication } = session;
    return {
      clientId: application.id,
      accountId: account.id,
      sessionId: session.id,
      grantId: grant?.id,
      redirectUri: request.replyTo,
      redirectUriWasSent: true,
      // Not the scopes that only stand for claims asked for by name: those give these claims and nothing more.
      scopes: wire.scopes.filter((scope) => answer.scopes.includes(scope)),
      nonce: wire.nonce,
      codeChallenge: wire.codeChallenge,
      authTimeMs: authentication.instantMs,
      context: authentication.context,
      acr: fulfilledAcr(authentication.context, request.requestedContext),
      methods: authentication.methods,
      claims: wire.claims && allowedWishes(application, wire.claims, answer.scopes),
      resources: this.#parts.audiences.allowed(wire.resources, wire.scopes, answer.scopes),
      familyId: randomId(this.#parts.random),
      issuedAtMs: nowMs,
    };
  }
}

function targetOf(request: SignOnRequest, application: OidcApplication): ResponseTarget {
  const { responseMode, state } = wireOf(request);
  return { replyTo: request.replyTo, responseMode, state, applicationName: application.name };
}

function oidc(application: Application): OidcApplication {
  if (application.protocol !== "oidc") throw new TypeError("an application of another protocol");
  return application;
}
