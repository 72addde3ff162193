import { MessageRefused, refused } from "./message-refused.ts";
import { xsDateTime, xsId } from "./xml-values.ts";
import { attribute, type XmlElement } from "./xml/element.ts";

/** How long after its IssueInstant a message is taken, clock skew not counted. */
const MESSAGE_LIFETIME_MS = 5 * 60_000;

/** What every request and response has in common (SAML Core 3.2.1, 3.2.2). */
export interface MessageHeader {
  readonly id: string;
  readonly issueInstantMs: number;
}

export interface HeaderRules {
  /** Our endpoint's public address, which Destination must name. */
  readonly endpoint: string;
  /** A signed message must have a Destination: it was signed for one receiver (SAML Bindings 3.4.5.2, 3.5.5.2). */
  readonly isSigned: boolean;
  readonly nowMs: number;
  readonly skewMs: number;
}

/** How long an ID must be remembered so that the message is too old by itself afterwards. */
export function longestLifeMs(skewMs: number): number {
  return MESSAGE_LIFETIME_MS + 2 * skewMs;
}

/** Reads and checks Version, ID, IssueInstant and Destination. Throws `MessageRefused`. */
export function readHeader(root: XmlElement, rules: HeaderRules): MessageHeader {
  if (attribute(root, "Version") !== "2.0")
    throw refused("saml.version", "Version is not 2.0", "SAML Core 4.1.3.1");
  const id = xsId(attribute(root, "ID") ?? "");
  if (id === undefined) throw refused("saml.malformed", "ID is missing or not a name", "SAML Core 1.3.4");
  const issueInstantMs = xsDateTime(attribute(root, "IssueInstant") ?? "");
  if (issueInstantMs === undefined) {
    throw refused("saml.malformed", "IssueInstant is missing or not a time", "SAML Core 1.3.3");
  }
  checkDestination(attribute(root, "Destination"), rules);
  checkAge(issueInstantMs, rules);
  return { id, issueInstantMs };
}

function checkAge(issueInstantMs: number, { nowMs, skewMs }: HeaderRules): void {
  const isTooOld = nowMs - issueInstantMs > MESSAGE_LIFETIME_MS + skewMs;
  const isAhead = issueInstantMs - nowMs > skewMs;
  if (!isTooOld && !isAhead) return;
  throw new MessageRefused(isAhead ? "saml.from-the-future" : "saml.too-old", [
    {
      label: "IssueInstant that came",
      value: new Date(issueInstantMs).toISOString(),
      section: "SAML Core 3.2.1",
    },
    { label: "Our clock", value: new Date(nowMs).toISOString() },
    { label: "Difference that is allowed", value: `${skewMs / 60_000} minutes` },
    { label: "Life of a message", value: `${MESSAGE_LIFETIME_MS / 60_000} minutes` },
  ]);
}

function checkDestination(destination: string | undefined, rules: HeaderRules): void {
  if (destination === undefined) {
    if (!rules.isSigned) return;
    throw refused(
      "saml.destination",
      "a signed message has no Destination",
      "SAML Bindings 3.4.5.2, 3.5.5.2",
    );
  }
  if (isSameEndpoint(destination, rules.endpoint)) return;
  throw new MessageRefused("saml.destination", [
    { label: "Destination that came", value: destination, section: "SAML Core 3.2.1" },
    { label: "This address", value: rules.endpoint },
  ]);
}

/**
 * True where both name one endpoint: scheme, host and port after the scheme's default are the same, and the path is,
 * character by character. What the server sees behind a proxy plays no part: `endpoint` is the public address.
 */
export function isSameEndpoint(destination: string, endpoint: string): boolean {
  // The URL parser forgives backslashes, white space and tabs; an address in a message has none.
  if (!/^https?:\/\/[^\s\\]+$/i.test(destination) || !URL.canParse(destination)) return false;
  const found = new URL(destination);
  const ours = new URL(endpoint);
  return found.origin === ours.origin && found.href === ours.href;
}
