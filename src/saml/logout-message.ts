import { PATHS } from "../flow/endpoints.ts";
import type { FrontChannelMessage } from "../flow/logout-channel.ts";
import type { KeyRing } from "../keys/key-ring.ts";
import type { SamlApplication } from "../model/application.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import { inResponseToAttribute, instant } from "./assertion.ts";
import { messageId } from "./message-id.ts";
import { type NameId, nameIdElement } from "./name-id.ts";
import { SAML, SAMLP, SOAP } from "./namespaces.ts";
import { redirectAddress } from "./redirect-binding-writer.ts";
import { Signers } from "./signers.ts";
import { type Status, statusElement } from "./status.ts";
import { type Unsigned, unsigned } from "./xml/sign.ts";
import { concatenated, serialize, serializeBase64, type Xml, xml } from "./xml/writer.ts";

/** How long a LogoutRequest may be delivered (SAML Core 3.7.1, NotOnOrAfter). */
const REQUEST_LIFETIME_MS = 5 * 60_000;

export interface LogoutMessageParts {
  readonly issuer: string;
  readonly keyRing: KeyRing;
  readonly random: Random;
  readonly clock: Clock;
}

/** Where a logout message goes. */
export interface LogoutDestination {
  readonly application: SamlApplication;
  readonly binding: "redirect" | "post" | "soap";
  /** The endpoint's Location, or its ResponseLocation for an answer. */
  readonly location: string;
  /** Not for SOAP, which has none. */
  readonly relayState?: string | undefined;
}

export interface LogoutRequestContent {
  /** The name identifier that the application was given (`nameIdOf`). */
  readonly nameId: NameId;
  readonly sessionIndexes: readonly string[];
}

export interface LogoutResponseContent {
  readonly inResponseTo: string | undefined;
  readonly status: Status;
}

/** A message in the form of its binding. */
export type LogoutMessage =
  | FrontChannelMessage
  | { readonly kind: "soap"; readonly url: string; readonly body: string };

/** Writes LogoutRequest and LogoutResponse (SAML Core 3.7), signed in the way of each binding (SAML Profiles 4.4.4). */
export class LogoutMessages {
  readonly #parts: LogoutMessageParts;
  readonly #signers: Signers;

  constructor(parts: LogoutMessageParts) {
    this.#parts = parts;
    this.#signers = new Signers(parts.keyRing);
  }

  /**
   * `messageId` is what the answer's InResponseTo will name, `signedWith` the id of the key. Throws `Unavailable` without
   * a key.
   */
  request(
    to: LogoutDestination,
    content: LogoutRequestContent,
  ): { readonly messageId: string; readonly message: LogoutMessage; readonly signedWith: string } {
    const nowMs = this.#parts.clock.nowMs();
    const id = messageId(this.#parts.random);
    const sessionIndexes = content.sessionIndexes.map(
      (index) => xml`<samlp:SessionIndex>${index}</samlp:SessionIndex>`,
    );
    const nameId = nameIdElement(content.nameId, xml` xmlns:saml="${SAML}"`);
    const element = {
      id,
      head: xml`<samlp:LogoutRequest xmlns:samlp="${SAMLP}" Destination="${to.location}" ID="${id}" IssueInstant="${instant(nowMs)}" NotOnOrAfter="${instant(nowMs + REQUEST_LIFETIME_MS)}" Version="2.0">${this.#issuer()}`,
      tail: xml`${nameId}${concatenated(sessionIndexes)}</samlp:LogoutRequest>`,
    };
    const { binding, application } = to;
    const key =
      binding === "redirect" ? this.#signers.queryKeyFor(application) : this.#signers.keyFor(application);
    return { messageId: id, message: this.#bound(to, "SAMLRequest", element), signedWith: key.id };
  }

  /** Throws `Unavailable` without a key. */
  response(to: LogoutDestination, content: LogoutResponseContent): LogoutMessage {
    return this.#bound(to, "SAMLResponse", this.#responseElement(to.location, content));
  }

  /** The signed answer for the connection that a request came by SOAP in; there is no address that it goes to. */
  soapResponse(application: SamlApplication, content: LogoutResponseContent): Xml {
    return this.#signers.xml(application).sign(this.#responseElement(undefined, content));
  }

  #responseElement(location: string | undefined, { inResponseTo, status }: LogoutResponseContent): Unsigned {
    const id = messageId(this.#parts.random);
    const destination = location === undefined ? undefined : xml` Destination="${location}"`;
    const answers = inResponseToAttribute(inResponseTo);
    return {
      id,
      head: xml`<samlp:LogoutResponse xmlns:samlp="${SAMLP}"${destination} ID="${id}"${answers} IssueInstant="${instant(this.#parts.clock.nowMs())}" Version="2.0">${this.#issuer()}`,
      tail: xml`${statusElement(status)}</samlp:LogoutResponse>`,
    };
  }

  #issuer() {
    return xml`<saml:Issuer xmlns:saml="${SAML}">${this.#parts.issuer + PATHS.samlMetadata}</saml:Issuer>`;
  }

  #bound(to: LogoutDestination, parameter: "SAMLRequest" | "SAMLResponse", element: Unsigned): LogoutMessage {
    const { application, location, relayState } = to;
    switch (to.binding) {
      case "redirect": {
        const document = serialize(unsigned(element));
        const signer = this.#signers.query(application);
        return { kind: "get", url: redirectAddress({ location, parameter, document, relayState }, signer) };
      }
      case "post": {
        const signed = this.#signers.xml(application).sign(element);
        const fields = { [parameter]: serializeBase64(signed) };
        return {
          kind: "post",
          action: location,
          fields: relayState === undefined ? fields : { ...fields, RelayState: relayState },
        };
      }
      case "soap": {
        const signed = this.#signers.xml(application).sign(element);
        // SOAP 1.1, 4: the message is the one child of the body (SAML Bindings 3.2.2).
        const envelope = xml`<soap:Envelope xmlns:soap="${SOAP}"><soap:Body>${signed}</soap:Body></soap:Envelope>`;
        return { kind: "soap", url: location, body: serialize(envelope) };
      }
    }
  }
}
