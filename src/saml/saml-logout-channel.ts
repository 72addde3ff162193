import type { KeyObject } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import {
  isPassingStatus,
  type LogoutChannel,
  type LogoutResult,
  type LogoutTarget,
  type PreparedMessage,
} from "../flow/logout-channel.ts";
import type { KeyUseNotes } from "../keys/key-use-notes.ts";
import type { Application, SamlApplication } from "../model/application.ts";
import { forBrowser } from "./logout-finisher.ts";
import type { LogoutMessages } from "./logout-message.ts";
import { inResponseTo, logoutResult } from "./logout-response.ts";
import { MessageRefused } from "./message-refused.ts";
import { nameIdOf } from "./name-id.ts";
import { BINDING, SAMLP, SOAP } from "./namespaces.ts";
import { acceptedOf, asMessageRefused, issuerOf, readXml } from "./received-message.ts";
import { SOAP_HEADERS, type SoapPost } from "./soap-call.ts";
import { childrenNamed, isNamed, type XmlElement } from "./xml/element.ts";
import type { XmlDocument } from "./xml/reader.ts";
import { carriesSignature, verifyEnvelopedSignature } from "./xml/verify-signature.ts";

export interface SamlLogoutChannelParts {
  readonly messages: LogoutMessages;
  readonly keys: { of(application: SamlApplication): readonly KeyObject[] };
  readonly post: SoapPost;
  readonly keyUse?: Pick<KeyUseNotes, "accepted"> | undefined;
}

type Binding = "redirect" | "post" | "soap";

/** A little less than the way out allows, so that silence is told from a connection that failed. */
const TIMEOUT_MS = 4_900;
/** Tells SAML applications that a session has ended: by SOAP on the server where they have it, else in the browser. */
export class SamlLogoutChannel implements LogoutChannel {
  readonly #parts: SamlLogoutChannelParts;

  constructor(parts: SamlLogoutChannelParts) {
    this.#parts = parts;
  }

  channelOf(application: Application): "back" | "front" | "none" {
    if (locationOf(application, "soap") !== undefined) return "back";
    return (locationOf(application, "redirect") ?? locationOf(application, "post")) ? "front" : "none";
  }

  async message(target: LogoutTarget): Promise<PreparedMessage> {
    const binding = locationOf(target.application, "redirect") === undefined ? "post" : "redirect";
    const { messageId, message, signedWith } = this.#request(target, binding);
    return await Promise.resolve({ messageId, message: forBrowser(message), signedWith });
  }

  /** Posts a fresh LogoutRequest (SAML Bindings 3.2). One call is one try. */
  async tell(target: LogoutTarget): Promise<LogoutResult> {
    const { messageId, message, signedWith } = this.#request(target, "soap");
    if (message.kind !== "soap")
      throw new TypeError("a message for the browser cannot be told on the server");
    const timeout = new AbortController();
    const silence = { outcome: "no-answer", passing: true } as const;
    const tooLate = setTimeout(TIMEOUT_MS, silence, { signal: timeout.signal });
    tooLate.catch(() => undefined);
    try {
      const told = this.#post(message.url, message.body);
      told.catch(() => undefined);
      const answer = await Promise.race([told, tooLate]);
      if ("outcome" in answer) return answer;
      const result = this.#read(samlOnly(target.application), message.url, messageId, answer);
      if (result.outcome === "signed-out") {
        this.#parts.keyUse?.accepted(target.application.id, signedWith, "logout-answered");
      }
      return result;
    } catch {
      return { outcome: "unreachable", passing: true };
    } finally {
      timeout.abort();
    }
  }

  async #post(url: string, body: string) {
    return await this.#parts.post(url, body, SOAP_HEADERS);
  }

  #request(target: LogoutTarget, binding: Binding) {
    const application = samlOnly(target.application);
    const location = locationOf(application, binding);
    if (location === undefined) throw new TypeError(`the application has no logout by ${binding}`);
    const { participant } = target;
    return this.#parts.messages.request(
      { application, binding, location },
      { nameId: nameIdOf(participant), sessionIndexes: [participant.sessionIndex] },
    );
  }

  #read(
    application: SamlApplication,
    url: string,
    messageId: string,
    answer: { readonly status: number; readonly body: string },
  ): LogoutResult {
    if (answer.status !== 200) {
      const passing = isPassingStatus(answer.status);
      return { outcome: "refused", detail: `HTTP status ${answer.status}`, passing };
    }
    try {
      const document = readXml(Buffer.from(answer.body, "utf8"));
      const response = this.#proven(document, soapBody(document.root), application, url);
      if (response === undefined)
        return { outcome: "refused", detail: "its answer had no signature that we know" };
      if (inResponseTo(response) !== messageId || issuerOf(response) !== application.entityId) {
        return { outcome: "refused", detail: "its answer was not to our question" };
      }
      return logoutResult(response);
    } catch (error) {
      if (error instanceof MessageRefused)
        return { outcome: "refused", detail: "its answer could not be read" };
      throw error;
    }
  }

  /**
   * A signature that is there must fit. Without one, TLS to the registered address says who answered (SAML Bindings
   * 3.2.2.1, Profiles 4.4.4.2); over plain http anybody on the way could have.
   */
  #proven(
    document: XmlDocument,
    response: XmlElement | undefined,
    application: SamlApplication,
    url: string,
  ): XmlElement | undefined {
    if (response === undefined) return undefined;
    if (!carriesSignature(response)) return isPrivateWay(url) ? response : undefined;
    try {
      return verifyEnvelopedSignature(
        document,
        response,
        this.#parts.keys.of(application),
        acceptedOf(application),
      );
    } catch (error) {
      throw asMessageRefused(error);
    }
  }
}

/** The one message in a SOAP body (SAML Bindings 3.2.2); undefined for a fault and everything else. */
function soapBody(root: XmlElement): XmlElement | undefined {
  if (!isNamed(root, SOAP, "Envelope")) return undefined;
  const [body, ...others] = childrenNamed(root, SOAP, "Body");
  const [message, ...more] = body?.children ?? [];
  if (message === undefined || others.length > 0 || more.length > 0) return undefined;
  return isNamed(message, SAMLP, "LogoutResponse") ? message : undefined;
}

function isPrivateWay(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return (
    protocol === "https:" || hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.")
  );
}

function locationOf(application: Application, binding: Binding): string | undefined {
  if (application.protocol !== "saml") return undefined;
  return application.singleLogoutServices.find((endpoint) => endpoint.binding === BINDING[binding])?.location;
}

function samlOnly(application: Application): SamlApplication {
  if (application.protocol !== "saml") throw new TypeError("only a SAML application is told in SAML");
  return application;
}
