import { z } from "zod";
import type { FrontChannelMessage, LogoutFinisher } from "../flow/logout-channel.ts";
import type { Reply } from "../flow/reply.ts";
import type { Application, SamlApplication, SamlEndpoint } from "../model/application.ts";
import type { LogoutOutcome, LogoutReceipt } from "../model/logout-receipt.ts";
import type { LogoutMessage, LogoutMessages } from "./logout-message.ts";
import { BINDING } from "./namespaces.ts";
import { noLogoutAddress } from "./saml-problems.ts";
import { type Status, SUCCESS } from "./status.ts";

const WIRE = z.object({
  applicationId: z.string(),
  requestId: z.string(),
  relayState: z.string().optional(),
  /** How the request came: the answer goes back the same way where it can. */
  binding: z.enum(["redirect", "post"]),
  found: z.enum(["sessions", "nobody", "encrypted"]),
  /** Other sessions of the same principal were ended too, and not everybody in them could be told. */
  isPartial: z.boolean(),
});

/** What is needed to answer a LogoutRequest when everybody has been told; it survives JSON. */
export type SamlLogoutWire = z.infer<typeof WIRE>;

/** An application that is in none of these states may still know the person. */
const TOLD: readonly LogoutOutcome[] = ["signed-out", "already-gone", "told"];

export interface LogoutFinisherParts {
  readonly applications: { byId(id: string): Application | undefined };
  readonly messages: Pick<LogoutMessages, "response">;
}

/** Answers a LogoutRequest at the end of the logout: always, whatever came of it (SAML Profiles 4.4.3.5). */
export function samlLogoutFinisher(parts: LogoutFinisherParts): LogoutFinisher {
  return {
    async finish(wire, receipt) {
      return await Promise.resolve(answer(parts, WIRE.parse(wire), receipt));
    },
  };
}

function answer(parts: LogoutFinisherParts, wire: SamlLogoutWire, receipt: LogoutReceipt | undefined): Reply {
  const application = parts.applications.byId(wire.applicationId);
  if (application?.protocol !== "saml") return { kind: "problem", problem: noLogoutAddress(undefined) };
  const endpoint = answerEndpoint(application, wire.binding);
  if (endpoint === undefined) return { kind: "problem", problem: noLogoutAddress(application.name) };
  const message = parts.messages.response(
    { application, ...endpoint, relayState: wire.relayState },
    { inResponseTo: wire.requestId, status: logoutStatus(wire, receipt) },
  );
  return replyOf(forBrowser(message), application.name);
}

/**
 * The top-level code speaks of our own session alone; that others could not be told is the second-level PartialLogout
 * (SAML Core 3.7.3.2).
 */
export function logoutStatus(
  wire: Pick<SamlLogoutWire, "applicationId" | "found" | "isPartial">,
  receipt: LogoutReceipt | undefined,
): Status {
  switch (wire.found) {
    case "nobody":
      return {
        top: "Requester",
        second: "UnknownPrincipal",
        message: "No such session of this person is known.",
      };
    case "encrypted":
      return { top: "Requester", second: "RequestUnsupported", message: "EncryptedID is not supported." };
    case "sessions":
      return wire.isPartial || !everybodyTold(receipt, wire.applicationId)
        ? { top: "Success", second: "PartialLogout" }
        : SUCCESS;
  }
}

/** True where every other application of the session has confirmed, or knows no way to confirm and was told. */
export function everybodyTold(receipt: LogoutReceipt | undefined, initiatorId: string): boolean {
  return (
    receipt?.entries.every((entry) => entry.applicationId === initiatorId || TOLD.includes(entry.outcome)) ??
    true
  );
}

/** The way that the request came first; then Redirect, then POST. An answer goes to ResponseLocation where there is one. */
function answerEndpoint(application: SamlApplication, cameBy: "redirect" | "post") {
  const other = cameBy === "redirect" ? "post" : "redirect";
  for (const binding of [cameBy, other] as const) {
    const endpoint: SamlEndpoint | undefined = application.singleLogoutServices.find(
      (candidate) => candidate.binding === BINDING[binding],
    );
    if (endpoint !== undefined) return { binding, location: endpoint.responseLocation ?? endpoint.location };
  }
  return undefined;
}

/** A message for the browser as a reply. */
export function replyOf(message: FrontChannelMessage, applicationName: string): Reply {
  switch (message.kind) {
    case "get":
      return { kind: "redirect", location: message.url };
    case "post":
      return { kind: "form-post", action: message.action, fields: message.fields, applicationName };
  }
}

/** Throws on a SOAP message, which is a bug: it was made for the browser. */
export function forBrowser(message: LogoutMessage): FrontChannelMessage {
  if (message.kind === "soap") throw new TypeError("a SOAP message has no place in a browser");
  return message;
}
