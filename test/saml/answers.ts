import assert from "node:assert/strict";
import { verify, X509Certificate } from "node:crypto";
import { inflateRawSync } from "node:zlib";
import type { Landed } from "../attack/saml/landing.ts";

/** A SAML message that we sent, whichever way. */
export interface SentMessage {
  readonly xml: string;
  readonly relayState: string | undefined;
  /** Where it goes, without the query. */
  readonly to: string;
}

/** Reads the message out of a redirect's address or out of a form. */
export function sentMessage(landed: Pick<Landed, "kind" | "location" | "action" | "fields">): SentMessage {
  if (landed.kind === "form-post") {
    const { fields = {}, action = "" } = landed;
    const value = fields["SAMLResponse"] ?? fields["SAMLRequest"] ?? "";
    return { xml: Buffer.from(value, "base64").toString(), relayState: fields["RelayState"], to: action };
  }
  assert.equal(landed.kind, "redirect", JSON.stringify(landed));
  const url = new URL(landed.location ?? "");
  const value = url.searchParams.get("SAMLResponse") ?? url.searchParams.get("SAMLRequest") ?? "";
  return {
    xml: inflateRawSync(Buffer.from(value, "base64")).toString(),
    relayState: url.searchParams.get("RelayState") ?? undefined,
    to: url.origin + url.pathname,
  };
}

/** `Success`, or `Success, PartialLogout`. */
export function statusOf(xml: string): string {
  return [...xml.matchAll(/StatusCode Value="urn:oasis:names:tc:SAML:2\.0:status:(\w+)"/g)]
    .map(([, code]) => code)
    .join(", ");
}

export function attributeOf(xml: string, name: string): string | undefined {
  return new RegExp(` ${name}="([^"]*)"`).exec(xml)?.[1];
}

/** True where the query of this address is signed by the key of this certificate. */
export function isQuerySigned(address: string, certificate: string): boolean {
  const query = address.slice(address.indexOf("?") + 1);
  const [octets = "", signature = ""] = query.split("&Signature=");
  const key = new X509Certificate(Buffer.from(certificate, "base64")).publicKey;
  return verify("sha256", Buffer.from(octets), key, Buffer.from(decodeURIComponent(signature), "base64"));
}
