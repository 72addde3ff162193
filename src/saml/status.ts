import { printable, type Xml, xml } from "./xml/writer.ts";

const PREFIX = "urn:oasis:names:tc:SAML:2.0:status:";

/** Top-level codes: whose fault it was (SAML Core 3.2.2.2). */
export type TopStatus = "Success" | "Requester" | "Responder" | "VersionMismatch";

/** Second-level codes (SAML Core 3.2.2.2), those that we send. */
export type SecondStatus =
  | "AuthnFailed"
  | "InvalidAttrNameOrValue"
  | "InvalidNameIDPolicy"
  | "NoAuthnContext"
  | "NoAvailableIDP"
  | "NoPassive"
  | "NoSupportedIDP"
  | "PartialLogout"
  | "ProxyCountExceeded"
  | "RequestDenied"
  | "RequestUnsupported"
  | "RequestVersionDeprecated"
  | "RequestVersionTooHigh"
  | "RequestVersionTooLow"
  | "UnknownPrincipal"
  | "UnsupportedBinding";

export interface Status {
  readonly top: TopStatus;
  readonly second?: SecondStatus | undefined;
  /** For the application's developers: no secret, nothing from inside, nothing about whether an account exists. */
  readonly message?: string | undefined;
}

export const SUCCESS: Status = { top: "Success" };
/** As it stands in a StatusCode. */
export const SUCCESS_CODE = `${PREFIX}Success`;

const MESSAGE_CHARACTERS = 300;

/** `samlp:Status` (SAML Core 3.2.2.1), for a place where `samlp` is declared. Never throws for what is in `message`. */
export function statusElement(status: Status): Xml {
  const second =
    status.second === undefined
      ? undefined
      : xml`<samlp:StatusCode Value="${PREFIX + status.second}"></samlp:StatusCode>`;
  const message =
    status.message === undefined
      ? undefined
      : xml`<samlp:StatusMessage>${printable(status.message.slice(0, MESSAGE_CHARACTERS))}</samlp:StatusMessage>`;
  return xml`<samlp:Status><samlp:StatusCode Value="${PREFIX + status.top}">${second}</samlp:StatusCode>${message}</samlp:Status>`;
}
