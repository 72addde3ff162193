import type { LogoutResult } from "../flow/logout-channel.ts";
import { refused } from "./message-refused.ts";
import { SAMLP } from "./namespaces.ts";
import { xsId } from "./xml-values.ts";
import { attribute, childrenNamed, type XmlElement } from "./xml/element.ts";

const STATUS = "urn:oasis:names:tc:SAML:2.0:status:";
const SECTION = "SAML Core 3.2.2";

/** The ID of our request that a response answers. Throws `MessageRefused` where there is none. */
export function inResponseTo(root: XmlElement): string {
  const id = xsId(attribute(root, "InResponseTo") ?? "");
  if (id === undefined) throw refused("saml.malformed", "InResponseTo is missing", SECTION);
  return id;
}

/**
 * What an application's LogoutResponse says (SAML Core 3.7.2), read off its status codes. PartialLogout is about the
 * applications behind it: its own session has ended. An application that does not know the person any more has no
 * session to end.
 *
 * Throws `MessageRefused` where there is no status.
 */
export function logoutResult(root: XmlElement): LogoutResult {
  const [status, ...others] = childrenNamed(root, SAMLP, "Status");
  const top = status === undefined ? undefined : statusCode(status);
  if (status === undefined || top === undefined || others.length > 0) {
    throw refused("saml.malformed", "a response has exactly one Status with one StatusCode", SECTION);
  }
  const second = statusCode(top.element)?.code;
  if (top.code === "Success") {
    return second === "PartialLogout"
      ? { outcome: "signed-out", detail: "it could not tell applications behind it" }
      : { outcome: "signed-out" };
  }
  const detail = second === undefined ? top.code : `${top.code}, ${second}`;
  return { outcome: second === "UnknownPrincipal" ? "already-gone" : "refused", detail };
}

function statusCode(parent: XmlElement): { readonly element: XmlElement; readonly code: string } | undefined {
  const [element, ...others] = childrenNamed(parent, SAMLP, "StatusCode");
  if (element === undefined || others.length > 0) return undefined;
  const value = attribute(element, "Value") ?? "";
  // Only the standard's own codes are repeated on a receipt; another one could be any text.
  const known = value.startsWith(STATUS) && /^[A-Za-z]{1,40}$/.test(value.slice(STATUS.length));
  return { element, code: known ? value.slice(STATUS.length) : "another status" };
}
