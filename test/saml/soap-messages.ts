import { SOAP } from "../../src/saml/namespaces.ts";

/** A SOAP 1.1 envelope around a message, as a service provider sends it. */
export function envelope(message: string, header = ""): string {
  return `<S:Envelope xmlns:S="${SOAP}">${header}<S:Body>${message}</S:Body></S:Envelope>`;
}

/** The first part of a fault's text: the reason's code. */
export function faultCode(body: string): string | undefined {
  return /<soap:Fault><faultcode>soap:Client<\/faultcode><faultstring>([\w.-]+)/.exec(body)?.[1];
}
