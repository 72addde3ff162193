import type { Outbound } from "../http/outbound.ts";

/** Posts text to a registered address. Throws when no answer came; an answer of any status is one. */
export type SoapPost = (
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
) => Promise<{ readonly status: number; readonly body: string }>;

const ANSWER_BYTES = 64 * 1024;

/** SOAP 1.1, 6.1.1: the header must be there; the value is what the SAML binding recommends (SAML Bindings 3.2.3.2). */
export const SOAP_HEADERS = {
  "Content-Type": "text/xml; charset=utf-8",
  SOAPAction: '"http://www.oasis-open.org/committees/security"',
};

/** Over the guarded way out: public addresses, no redirects, five seconds, 64 KiB. */
export function soapPostOver(outbound: Pick<Outbound, "fetch">): SoapPost {
  return async (url, body, headers) =>
    await outbound.fetch({ url, text: { body, headers }, accept: "text/xml", limitBytes: ANSWER_BYTES });
}
