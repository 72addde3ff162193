import type { Request, RequestHandler, Response } from "express";
import { textBody } from "../http/form-body.ts";
import type { Turns } from "../platform/turns.ts";
import { MessageRefused } from "./message-refused.ts";
import type { ReceivedMessage } from "./received-message.ts";
import { reportRefusal, type ReportRefusalParts } from "./report-refusal.ts";
import type { Purpose } from "./saml-problems.ts";
import { readSoap, SOAP_BYTES, SOAP_CONTENT_TYPE, soapEnvelope, soapFault } from "./soap.ts";
import type { Xml } from "./xml/writer.ts";

export interface SoapEndpointParts extends ReportRefusalParts {
  /** The client's address, taken from trusted proxies only. */
  readonly addressOf: (request: Request) => string;
  readonly turns: Pick<Turns, "next">;
}

/** An answer that is more than a message in an envelope. */
export interface SoapAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Takes a message by the SOAP binding (SAML Bindings 3.2) and answers in the same connection. There is no browser, so
 * there is no session and no page: what is refused is told as a fault, and written into the audit trail.
 */
export function soapHandlers(
  parts: SoapEndpointParts,
  purpose: Purpose,
  answer: (message: ReceivedMessage, request: Request) => Promise<Xml | SoapAnswer>,
): RequestHandler[] {
  return [
    onlySoap,
    textBody(SOAP_CONTENT_TYPE, SOAP_BYTES),
    async (request, response) => {
      let message: ReceivedMessage | undefined;
      await parts.turns.next();
      try {
        message = readSoap(String(request.body));
        const made = await answer(message, request);
        const { status, body, headers } = "canonical" in made ? answered(made) : made;
        for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
        send(response, status, body);
      } catch (error) {
        reportRefusal(parts, error, message, { address: parts.addressOf(request) }, purpose);
        if (!(error instanceof MessageRefused)) throw error;
        const { status, body } = soapFault(error);
        send(response, status, body);
      }
    },
  ];
}

function answered(message: Xml): SoapAnswer {
  return { status: 200, body: soapEnvelope(message), headers: {} };
}

/** The same address may take forms of browsers too. */
const onlySoap: RequestHandler = (request, _response, next) => {
  if (SOAP_CONTENT_TYPE.test(request.headers["content-type"] ?? "")) next();
  else next("route");
};

function send(response: Response, status: number, body: string): void {
  const bytes = Buffer.from(body);
  response.statusCode = status;
  response.setHeader("Content-Type", "text/xml; charset=utf-8");
  response.setHeader("Content-Length", bytes.length);
  // SAML Bindings 3.2.3.1: nothing on the way may keep it.
  response.setHeader("Cache-Control", "no-cache, no-store");
  response.end(bytes);
}
