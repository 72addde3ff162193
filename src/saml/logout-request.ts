import { MessageRefused, refused } from "./message-refused.ts";
import { SAMLP } from "./namespaces.ts";
import { isIdentity, type NameIdentifier, readNameIdentifier } from "./name-identifier.ts";
import { xsDateTime } from "./xml-values.ts";
import { attribute, childrenNamed, type XmlElement } from "./xml/element.ts";

/** The body of a LogoutRequest (SAML Core 3.7.1); the header is read apart. */
export interface LogoutRequest {
  readonly nameId: NameIdentifier | "encrypted";
  /** Empty: every session of this principal. */
  readonly sessionIndexes: readonly string[];
}

const SECTION = "SAML Core 3.7.1";

/** Reads a LogoutRequest that is proved already. Throws `MessageRefused`, also when NotOnOrAfter has passed. */
export function readLogoutRequest(
  root: XmlElement,
  { nowMs, skewMs }: { readonly nowMs: number; readonly skewMs: number },
): LogoutRequest {
  const nameId = readNameIdentifier(root);
  if (nameId === undefined) throw refused("saml.malformed", "a LogoutRequest names nobody", SECTION);
  checkNotOnOrAfter(attribute(root, "NotOnOrAfter"), nowMs, skewMs);
  const sessionIndexes = childrenNamed(root, SAMLP, "SessionIndex").map(({ text }) => {
    if (text === undefined || !isIdentity(text)) {
      throw refused("saml.malformed", "a SessionIndex is not a plain value", SECTION);
    }
    return text;
  });
  return { nameId, sessionIndexes };
}

function checkNotOnOrAfter(text: string | undefined, nowMs: number, skewMs: number): void {
  if (text === undefined) return;
  const notOnOrAfterMs = xsDateTime(text);
  if (notOnOrAfterMs === undefined) throw refused("saml.malformed", "NotOnOrAfter is not a time", SECTION);
  if (nowMs < notOnOrAfterMs + skewMs) return;
  throw new MessageRefused("saml.too-old", [
    { label: "NotOnOrAfter that came", value: new Date(notOnOrAfterMs).toISOString(), section: SECTION },
    { label: "Our clock", value: new Date(nowMs).toISOString() },
  ]);
}
