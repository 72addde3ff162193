import { refused } from "./message-refused.ts";
import { SAML } from "./namespaces.ts";
import { attribute, childrenNamed, type XmlElement } from "./xml/element.ts";

/** A name identifier as it came (SAML Core 2.2.3): what somebody says about whom they mean. */
export interface NameIdentifier {
  readonly value: string;
  readonly format: string | undefined;
  readonly nameQualifier: string | undefined;
  readonly spNameQualifier: string | undefined;
}

const CHARACTERS = 1024;
// Controls, bidirectional marks, byte order marks and the like: two names that look alike are not the same.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/**
 * Reads the one identifier inside `parent`: `encrypted` where it is an EncryptedID, which we have no key for, and
 * undefined where there is none. The value is taken whole or refused, never trimmed (SA-10 to SA-12).
 *
 * Throws `MessageRefused`.
 */
export function readNameIdentifier(parent: XmlElement): NameIdentifier | "encrypted" | undefined {
  const plain = childrenNamed(parent, SAML, "NameID");
  const encrypted = childrenNamed(parent, SAML, "EncryptedID");
  const base = childrenNamed(parent, SAML, "BaseID");
  const [found] = [...plain, ...encrypted, ...base];
  if (found === undefined) return undefined;
  if (plain.length + encrypted.length + base.length > 1) {
    throw refused("saml.malformed", "more than one identifier", "SAML Core 2.4.1");
  }
  if (found === encrypted[0]) return "encrypted";
  const { text } = found;
  if (found === base[0] || text === undefined || !isIdentity(text)) {
    throw refused("saml.malformed", "the NameID is not a plain value", "SAML Core 2.2.3");
  }
  return {
    value: text,
    format: attribute(found, "Format"),
    nameQualifier: attribute(found, "NameQualifier"),
    spNameQualifier: attribute(found, "SPNameQualifier"),
  };
}

/** A value that names somebody: not empty, not long, no white space around it, nothing in it that cannot be seen. */
export function isIdentity(text: string): boolean {
  return text !== "" && text.length <= CHARACTERS && text.trim() === text && !INVISIBLE.test(text);
}
