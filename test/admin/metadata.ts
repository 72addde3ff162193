import { generateKeyPairSync } from "node:crypto";
import { selfSignedCertificate } from "../../src/keys/certificate.ts";

/** What a test's service provider says of itself. */
export interface MetadataChanges {
  readonly entityId?: string;
  readonly name?: string;
  readonly acs?: string;
  readonly requestsSigned?: boolean;
  readonly encryption?: boolean;
  readonly signing?: boolean;
  /** Further XML inside SPSSODescriptor, behind the reply addresses. */
  readonly more?: string;
}

const NOW_MS = Date.UTC(2026, 10, 24, 12, 0, 0);

/** A key that lasts ten years from the tests' own day on. */
export function certificate(nowMs = NOW_MS): string {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return selfSignedCertificate("RSA-2048", privateKey, "payroll.example.org", nowMs, Buffer.alloc(15, 3));
}

export function entityDescriptor(changes: MetadataChanges = {}, shared = certificate()): string {
  const { entityId = "https://pay.example.org/sp", acs = "https://pay.example.org/saml/acs" } = changes;
  const key = (use: string) =>
    `<md:KeyDescriptor use="${use}"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>${shared}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`;
  return `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="${entityId}">
<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"${changes.requestsSigned === undefined ? "" : ` AuthnRequestsSigned="${changes.requestsSigned}"`}>
${changes.signing === false ? "" : key("signing")}
${changes.encryption === true ? key("encryption") : ""}
<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://pay.example.org/saml/slo"/>
<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${acs}" index="1" isDefault="true"/>
${changes.more ?? ""}
</md:SPSSODescriptor>
<md:Organization><md:OrganizationName xml:lang="en">Pay</md:OrganizationName><md:OrganizationDisplayName xml:lang="en">${changes.name ?? "Payroll"}</md:OrganizationDisplayName><md:OrganizationURL xml:lang="en">https://pay.example.org/</md:OrganizationURL></md:Organization>
</md:EntityDescriptor>`;
}

export function entitiesDescriptor(entityIds: readonly string[]): string {
  const shared = certificate();
  const entities = entityIds.map((entityId) => entityDescriptor({ entityId }, shared));
  return `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">${entities.join("\n")}</md:EntitiesDescriptor>`;
}
