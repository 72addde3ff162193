import type { KeyObject } from "node:crypto";
import type { Browser } from "../flow/browser.ts";
import { PATHS } from "../flow/endpoints.ts";
import type { SamlApplication } from "../model/application.ts";
import type { SignOnPolicy } from "../model/policy.ts";
import type { RefusalReason } from "../model/refusal.ts";
import type { SignOnRequest } from "../model/sign-on-request.ts";
import type { Clock } from "../platform/clock.ts";
import { type Random, randomId } from "../platform/random.ts";
import { requestedContext } from "./authn-context.ts";
import { type AuthnRequest, readAuthnRequest } from "./authn-request.ts";
import type { AccountFor } from "./expected-account.ts";
import { longestLifeMs, readHeader } from "./message-header.ts";
import { refused } from "./message-refused.ts";
import { NAME_ID } from "./namespaces.ts";
import {
  type AuthenticatedMessage,
  authenticate,
  expectMessage,
  issuerOf,
  mustNameDestination,
  type ReceivedMessage,
} from "./received-message.ts";
import { ANSWER_BINDINGS, chooseReplyAddress } from "./reply-address.ts";
import type { RequestReplay } from "./request-replay.ts";
import type { SamlRequestWire } from "./request-wire.ts";

export interface ReceiveAuthnRequestParts {
  readonly issuer: string;
  readonly applications: { samlByEntityId(entityId: string): SamlApplication | undefined };
  readonly keys: { of(application: SamlApplication): readonly KeyObject[] };
  readonly replay: RequestReplay;
  readonly accountFor: AccountFor;
  readonly policy: SignOnPolicy;
  readonly clock: Clock;
  readonly random: Random;
  /** Absent: only who is registered may sign on. */
  readonly members?: UnregisteredMembers | undefined;
}

/** Service providers that may sign on without having been registered by hand: a federation's members. */
export interface UnregisteredMembers {
  /** As it would be registered, without an id; undefined where it is none of them. */
  candidate(entityId: string): Promise<SamlApplication | undefined>;
  /** Registers it, or finds it where another request was faster. */
  admit(entityId: string): Promise<SamlApplication | undefined>;
}

/** A sign-on request for the shell, or one whose answer is known already and goes to the checked address. */
export interface ReceivedSignOn {
  readonly request: SignOnRequest;
  readonly application: SamlApplication;
  readonly refuse?: { readonly reason: RefusalReason; readonly detail: string } | undefined;
}

/** Where a request comes in, and by what its answer may leave. */
export interface SignOnDoor {
  readonly path: string;
  readonly bindings: readonly string[];
  /** False for SOAP, where the sender of the request does not know whom it will reach. */
  readonly demandsDestination: boolean;
}

const BROWSERS: SignOnDoor = { path: PATHS.samlSso, bindings: ANSWER_BINDINGS, demandsDestination: true };

/** No account has it, so a request that expects it is never answered with anybody's assertion. */
const NOBODY = "";

/**
 * From a message of any binding to a sign-on request: whose it is, whether it was signed by them, whether it is
 * fresh and for us, and where the answer may go, in that order and before anything is stored or shown.
 *
 * Throws `MessageRefused`.
 */
export async function receiveAuthnRequest(
  message: ReceivedMessage,
  browser: Browser,
  parts: ReceiveAuthnRequestParts,
  door: SignOnDoor = BROWSERS,
): Promise<ReceivedSignOn> {
  expectMessage(message, "AuthnRequest");
  const issuer = issuerOf(message.element);
  const registered = parts.applications.samlByEntityId(issuer);
  const known = registered ?? (await parts.members?.candidate(issuer));
  const proved = authenticate(
    message,
    () => known,
    (application) => parts.keys.of(application),
    (application) => application.requestsMustBeSigned,
  );
  const { root, isSigned } = proved;
  const nowMs = parts.clock.nowMs();
  const skewMs = parts.policy.clockSkewMs;
  const mustName = door.demandsDestination && mustNameDestination(message, isSigned);
  const header = readHeader(root, { endpoint: parts.issuer + door.path, isSigned: mustName, nowMs, skewMs });
  const asked = readAuthnRequest(root);
  const { replyTo, binding } = chooseReplyAddress(proved.application, asked, door.bindings);
  // Only now: whoever writes a request with another one's name gets nobody registered where that one signs.
  const application = registered ?? (await admitted(parts, issuer));
  const authenticated = { ...proved, application };
  const wire = wireOf(asked, header.id, message.relayState, binding);
  const expected = await expectedAccount(asked, authenticated, browser, parts);
  await refuseReplay(authenticated, header.id, browser, parts);
  const request: SignOnRequest = {
    ...neutral(asked, application, parts.random, nowMs),
    replyTo,
    expectedAccountId: expected.accountId,
    wire,
  };
  return { request, application, refuse: expected.refuse };
}

async function admitted({ members }: ReceiveAuthnRequestParts, issuer: string): Promise<SamlApplication> {
  const application = await members?.admit(issuer);
  if (application !== undefined) return application;
  throw refused("saml.issuer-unknown", "it was a member of a federation a moment ago", "SAML Core 2.2.5");
}

function neutral(asked: AuthnRequest, application: SamlApplication, random: Random, nowMs: number) {
  const { requestedAuthnContext: context } = asked;
  return {
    id: randomId(random),
    protocol: "saml",
    applicationId: application.id,
    receivedAtMs: nowMs,
    silent: asked.isPassive,
    reauthenticate: asked.forceAuthn,
    selectAccount: false,
    askConsent: false,
    requestedContext:
      context === undefined ? undefined : requestedContext(context.classRefs, context.comparison),
    loginHint: loginHint(asked),
    scopes: [],
  } as const;
}

function wireOf(
  asked: AuthnRequest,
  requestId: string,
  relayState: string | undefined,
  acsBinding: string,
): SamlRequestWire {
  return {
    requestId,
    relayState,
    acsBinding,
    nameIdPolicy: asked.nameIdPolicy,
    requestedClassRefs: asked.requestedAuthnContext?.classRefs ?? [],
    comparison: asked.requestedAuthnContext?.comparison,
  };
}

/** A name that a person would type; the other formats mean nothing to them. */
function loginHint({ subject }: AuthnRequest): string | undefined {
  if (subject === undefined || subject === "encrypted") return undefined;
  const { format, value } = subject;
  const isTyped = format === undefined || format === NAME_ID.unspecified || format === NAME_ID.emailAddress;
  return isTyped ? value : undefined;
}

/**
 * The application may say whom the answer must be about; nobody else is an answer then. That somebody is unknown is
 * told only to an application that proved itself: anybody can write an unsigned request to find out who has an account.
 */
async function expectedAccount(
  { subject }: AuthnRequest,
  { application, isSigned }: AuthenticatedMessage,
  browser: Browser,
  parts: ReceiveAuthnRequestParts,
): Promise<{ accountId?: string; refuse?: ReceivedSignOn["refuse"] }> {
  if (subject === undefined) return {};
  const accountId =
    subject === "encrypted" ? undefined : await parts.accountFor(application, subject, browser);
  if (accountId !== undefined) return { accountId };
  if (!isSigned) return { accountId: NOBODY };
  const detail = "The subject of the request is not known here.";
  return { accountId: NOBODY, refuse: { reason: "subject-not-available", detail } };
}

async function refuseReplay(
  { application, isSigned }: AuthenticatedMessage,
  requestId: string,
  browser: Browser,
  parts: ReceiveAuthnRequestParts,
): Promise<void> {
  if (!isSigned) return;
  const keepMs = longestLifeMs(parts.policy.clockSkewMs);
  if (await parts.replay.admit(application.entityId, requestId, browser.binding, keepMs)) return;
  throw refused("saml.replayed", "this request ID came before, from another browser", "SAML Core 1.3.4");
}
