import { PATHS } from "../flow/endpoints.ts";
import type { Reply } from "../flow/reply.ts";
import type { NotRespondable, Responded, Responder, SignOnAnswer } from "../flow/responder.ts";
import type { KeyRing } from "../keys/key-ring.ts";
import type { KeyUseNotes } from "../keys/key-use-notes.ts";
import type { Application, SamlApplication } from "../model/application.ts";
import type { Participant } from "../model/participant.ts";
import type { SignOnPolicy } from "../model/policy.ts";
import type { RefusalReason } from "../model/refusal.ts";
import type { Session } from "../model/session.ts";
import type { SignOnRequest } from "../model/sign-on-request.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Random } from "../platform/random.ts";
import { sessionIndexFor } from "../session/session-index.ts";
import type { Subjects } from "../session/subject.ts";
import { type AnswerDeliveryParts, deliverAnswer } from "./answer-delivery.ts";
import type { Artifacts } from "./artifacts.ts";
import { type AssertionContent, assertion } from "./assertion.ts";
import { AttributeForm, attributeStatement } from "./attributes.ts";
import { classRefFor } from "./authn-context.ts";
import { messageId } from "./message-id.ts";
import { type NameId, nameIdElement, NameIds, participantWire } from "./name-id.ts";
import { SAML } from "./namespaces.ts";
import { refusalStatus } from "./refusal-status.ts";
import { type SamlRequestWire, samlWire } from "./request-wire.ts";
import { response } from "./response.ts";
import { isPinLost, Signers } from "./signers.ts";
import { type Status, SUCCESS } from "./status.ts";
import { chooseRecipient, encryptedAssertion, encryptedId, isWeak, type Recipient } from "./xml/encrypt.ts";
import { unsigned } from "./xml/sign.ts";
import { type Xml, xml } from "./xml/writer.ts";

export interface SamlResponderParts {
  readonly issuer: string;
  readonly keyRing: KeyRing;
  readonly subjects: Subjects;
  readonly artifacts: Pick<Artifacts, "issue">;
  readonly random: Random;
  readonly clock: Clock;
  readonly policy: SignOnPolicy;
  readonly log: Log;
  readonly keyUse?: Pick<KeyUseNotes, "signed"> | undefined;
}

/** What is the same in every answer to one application. */
interface Prepared {
  readonly attributes: AttributeForm;
  readonly recipient: Recipient | undefined;
}

/** Turns the shell's decision into a SAML Response (SAML Profiles 4.1). */
export class SamlResponder implements Responder {
  readonly #parts: SamlResponderParts;
  readonly #entityId: string;
  readonly #nameIds: NameIds;
  readonly #signers: Signers;
  readonly #delivery: AnswerDeliveryParts;
  /** By the application's object: a reload makes new ones, and what was prepared for the old ones goes with them. */
  readonly #prepared = new WeakMap<SamlApplication, Prepared>();

  constructor(parts: SamlResponderParts) {
    this.#parts = parts;
    this.#entityId = parts.issuer + PATHS.samlMetadata;
    this.#nameIds = new NameIds({ entityId: this.#entityId, subjects: parts.subjects });
    this.#signers = new Signers(parts.keyRing);
    this.#delivery = { signers: this.#signers, artifacts: parts.artifacts };
  }

  async respond(answer: SignOnAnswer): Promise<Responded | NotRespondable> {
    return await this.#respond(answer, samlOnly(answer.application));
  }

  async refuse(
    request: SignOnRequest,
    application: Application,
    reason: RefusalReason,
    detail?: string,
  ): Promise<Reply> {
    const status = refusalStatus(reason, detail);
    return await this.answerStatus(request.replyTo, samlWire(request), samlOnly(application), status);
  }

  /**
   * A Response that says why there is no assertion, at the checked reply address: for the reasons above, and for
   * requests that were read but that nobody here can meet. It is signed whatever the settings say: a service provider
   * that insists on signatures would otherwise show its own error instead of ours.
   */
  async answerStatus(
    replyTo: string,
    wire: SamlRequestWire,
    application: SamlApplication,
    status: Status,
  ): Promise<Reply> {
    const refusal = response({
      id: messageId(this.#parts.random),
      nowMs: this.#parts.clock.nowMs(),
      issuer: this.#entityId,
      destination: replyTo,
      inResponseTo: wire.requestId,
      status,
      assertion: undefined,
    });
    const message = this.#signers.xml(application).sign(refusal);
    return await deliverAnswer(this.#delivery, { replyTo, wire, application }, message);
  }

  async #respond(answer: SignOnAnswer, application: SamlApplication): Promise<Responded | NotRespondable> {
    const { request, account, session } = answer;
    const wire = samlWire(request);
    const nameId = this.#nameIds.make({
      account,
      application,
      sessionId: session.id,
      policy: wire.nameIdPolicy,
    });
    if ("refused" in nameId) return nameId;
    const prepared = this.#prepare(application);
    if (isEncrypted(application) && prepared.recipient === undefined) return this.#noRecipient(application);
    const content = this.#content(answer, application, prepared, wire, nameId);
    const message = this.#message(content, application, prepared);
    this.#parts.keyUse?.signed(application.id, this.#signers.keyFor(application).id);
    const destination = { replyTo: request.replyTo, wire, application };
    const reply = await deliverAnswer(this.#delivery, destination, message);
    return { reply, participant: participant(application, nameId, content) };
  }

  #content(
    answer: SignOnAnswer,
    application: SamlApplication,
    prepared: Prepared,
    wire: SamlRequestWire,
    nameId: NameId,
  ): AssertionContent {
    const { account, session, request } = answer;
    const { attributes, leftOut } = prepared.attributes.of(account);
    if (leftOut.length > 0) {
      const fields = { application: application.id, account: account.id, attributes: leftOut };
      this.#parts.log.warn(fields, "saml: attribute values that XML cannot carry were left out");
    }
    return {
      id: messageId(this.#parts.random),
      nowMs: this.#parts.clock.nowMs(),
      issuer: this.#entityId,
      nameId,
      encryptedId: this.#encryptedId(nameId, application, prepared),
      recipient: request.replyTo,
      inResponseTo: wire.requestId,
      audiences: [application.entityId, ...(application.audiences ?? [])],
      authnInstantMs: session.authentication.instantMs,
      sessionIndex: sessionIndexFor(session.id, application.id),
      sessionEndsMs: this.#endOf(session),
      classRef: classRefFor(session.authentication.context, wire),
      attributes: attributeStatement(attributes),
    };
  }

  #encryptedId(nameId: NameId, application: SamlApplication, { recipient }: Prepared): Xml | undefined {
    if (application.encryptNameId !== true || recipient === undefined) return undefined;
    return encryptedId(nameIdElement(nameId, xml` xmlns:saml="${SAML}"`), recipient, this.#parts.random);
  }

  /** The assertion is signed, then encrypted, then the response is signed around it (SAML Core 5.4, 6.2). */
  #message(content: AssertionContent, application: SamlApplication, prepared: Prepared): Xml {
    const signer = this.#signers.xml(application);
    const inner = assertion(content);
    // Never neither of them: an unsigned answer could be written by anybody.
    const signsAssertion = application.signAssertion || !application.signResponse;
    const plain = signsAssertion ? signer.sign(inner) : unsigned(inner);
    const { recipient } = prepared;
    const outer = response({
      id: messageId(this.#parts.random),
      nowMs: content.nowMs,
      issuer: content.issuer,
      destination: content.recipient,
      inResponseTo: content.inResponseTo,
      status: SUCCESS,
      assertion:
        application.encryptAssertion && recipient !== undefined
          ? encryptedAssertion(plain, recipient, this.#parts.random)
          : plain,
    });
    return application.signResponse ? signer.sign(outer) : unsigned(outer);
  }

  #prepare(application: SamlApplication): Prepared {
    const known = this.#prepared.get(application);
    if (known !== undefined) return known;
    const allowCbc = application.allowCbc === true;
    const recipient = isEncrypted(application)
      ? chooseRecipient(application.encryptionKeys, { allowCbc })
      : undefined;
    if (recipient !== undefined && isWeak(recipient)) {
      this.#parts.log.warn(
        { application: application.id, algorithm: recipient.content.uri },
        "saml: the application can decrypt nothing better than AES-CBC",
      );
    }
    if (isPinLost(application, this.#parts.keyRing)) {
      this.#parts.log.warn(
        { application: application.id, key: application.signingKeyId },
        "saml: the key that the application stays with is not published any more; it gets the one that signs now",
      );
    }
    const prepared = { attributes: new AttributeForm(application.release), recipient };
    this.#prepared.set(application, prepared);
    return prepared;
  }

  /** Fails closed: what was to be encrypted is not sent in the clear. */
  #noRecipient(application: SamlApplication): NotRespondable {
    const detail = noRecipientReason(application);
    this.#parts.log.error({ application: application.id }, `saml: not encrypted, not sent: ${detail}`);
    return { refused: "internal-error", detail };
  }

  #endOf(session: Session): number {
    const { rememberedAbsoluteMs, sessionAbsoluteMs } = this.#parts.policy;
    return session.startedAtMs + (session.remembered ? rememberedAbsoluteMs : sessionAbsoluteMs);
  }
}

function isEncrypted({ encryptAssertion, encryptNameId }: SamlApplication): boolean {
  return encryptAssertion || encryptNameId === true;
}

/** Why nothing can be encrypted for an application, in words for both sides' administrators. */
export function noRecipientReason({ encryptionKeys }: Pick<SamlApplication, "encryptionKeys">): string {
  return chooseRecipient(encryptionKeys, { allowCbc: true }) === undefined
    ? "No registered key of this application can be encrypted for."
    : "This application can decrypt nothing better than AES-CBC, which its settings here do not allow.";
}

/** How the application knows the session now: a LogoutRequest to it names the same. */
function participant(application: SamlApplication, nameId: NameId, content: AssertionContent): Participant {
  return {
    applicationId: application.id,
    protocol: "saml",
    subject: nameId.value,
    sessionIndex: content.sessionIndex,
    lastSignOnMs: content.nowMs,
    wire: participantWire(nameId),
  };
}

function samlOnly(application: Application): SamlApplication {
  if (application.protocol !== "saml") throw new TypeError("only a SAML application is answered in SAML");
  return application;
}
