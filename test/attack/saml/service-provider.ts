import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import { SignedXml } from "xml-crypto";
import { selfSignedCertificate } from "../../../src/keys/certificate.ts";
import type { SamlApplication } from "../../../src/model/application.ts";
import { BINDING, EXC_C14N, SAML, SAMLP } from "../../../src/saml/namespaces.ts";
import { ISSUER, NOW_MS, samlApplication } from "../../fixtures/saml/installation.ts";

/** A service provider with its key: it can write every message that a real one writes. */
export interface ServiceProvider {
  readonly application: SamlApplication;
  readonly privateKey: KeyObject;
}

export const SSO = `${ISSUER}/saml/sso`;
export const SLO = `${ISSUER}/saml/slo`;
export const RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
export const SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256";
export const ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/** Keys by the provider's name: making one takes longer than most tests. */
const keys = new Map<string, KeyObject>();

export function serviceProvider(name: string, changes: Partial<SamlApplication> = {}): ServiceProvider {
  const privateKey = keys.get(name) ?? generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  keys.set(name, privateKey);
  const host = `https://${name}.example.com`;
  const application = samlApplication({
    id: `app-${name}`,
    name,
    entityId: `${host}/metadata`,
    assertionConsumerServices: [
      { binding: BINDING.post, location: `${host}/acs`, index: 0, isDefault: true },
      { binding: BINDING.post, location: `${host}/acs/second`, index: 1 },
      { binding: BINDING.artifact, location: `${host}/acs/artifact`, index: 2 },
      { binding: BINDING.paos, location: `${host}/acs/paos`, index: 3 },
    ],
    singleLogoutServices: [
      { binding: BINDING.redirect, location: `${host}/slo`, responseLocation: `${host}/slo/done` },
      { binding: BINDING.post, location: `${host}/slo/post` },
    ],
    signingCertificates: [certificateFor(privateKey)],
    ...changes,
  });
  return { application, privateKey };
}

export function certificateFor(privateKey: KeyObject, nowMs = NOW_MS): string {
  return selfSignedCertificate("RSA-2048", privateKey, "app.example.com", nowMs, Buffer.alloc(15, 7));
}

/** What a message may say otherwise than the genuine one; an attribute that is undefined is left out. */
export interface Changes {
  readonly attributes?: Readonly<Record<string, string | undefined>>;
  readonly issuer?: string;
  /** Elements between Issuer and the rest, as they are. */
  readonly afterIssuer?: string;
  readonly body?: string;
}

/** An AuthnRequest as an ordinary service provider writes it. */
export function authnRequest(sp: ServiceProvider, id: string, changes: Changes = {}): string {
  const own = { AssertionConsumerServiceURL: sp.application.assertionConsumerServices[0]?.location };
  return message("AuthnRequest", sp, id, SSO, { ...changes, attributes: { ...own, ...changes.attributes } });
}

/** A LogoutRequest; `body` holds the NameID and the SessionIndexes. */
export function logoutRequest(sp: ServiceProvider, id: string, changes: Changes): string {
  return message("LogoutRequest", sp, id, SLO, changes);
}

/** A LogoutResponse; the status is Success where `body` says nothing else. */
export function logoutResponse(sp: ServiceProvider, id: string, changes: Changes): string {
  return message("LogoutResponse", sp, id, SLO, {
    body: status("Success"),
    ...changes,
  });
}

export function status(...codes: readonly string[]): string {
  const nested = codes.reduceRight(
    (inner, code) =>
      `<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:${code}">${inner}</samlp:StatusCode>`,
    "",
  );
  return `<samlp:Status>${nested}</samlp:Status>`;
}

function message(
  name: string,
  sp: ServiceProvider,
  id: string,
  destination: string,
  changes: Changes,
): string {
  const { issuer = sp.application.entityId, afterIssuer = "", body = "" } = changes;
  const attributes = {
    ID: id,
    Version: "2.0",
    IssueInstant: new Date(NOW_MS).toISOString(),
    Destination: destination,
    ...changes.attributes,
  };
  const written = Object.entries(attributes)
    .flatMap(([key, value]) => (value === undefined ? [] : [` ${key}="${value}"`]))
    .join("");
  return `<samlp:${name} xmlns:samlp="${SAMLP}" xmlns:saml="${SAML}"${written}><saml:Issuer>${issuer}</saml:Issuer>${afterIssuer}${body}</samlp:${name}>`;
}

export interface SigningChoices {
  readonly key?: KeyObject;
  readonly signatureAlgorithm?: string;
  readonly digestAlgorithm?: string;
  readonly canonicalization?: string;
  readonly transforms?: readonly string[];
  /** InclusiveNamespaces PrefixList. */
  readonly prefixes?: readonly string[];
}

/** With an enveloped signature behind the Issuer, made by xml-crypto. */
export function signed(xml: string, sp: ServiceProvider, choices: SigningChoices = {}): string {
  const signer = new SignedXml({
    privateKey: (choices.key ?? sp.privateKey).export({ type: "pkcs8", format: "pem" }).toString(),
    signatureAlgorithm: choices.signatureAlgorithm ?? RSA_SHA256,
    canonicalizationAlgorithm: choices.canonicalization ?? EXC_C14N,
  });
  signer.addReference({
    xpath: "/*",
    transforms: [...(choices.transforms ?? [ENVELOPED, EXC_C14N])],
    digestAlgorithm: choices.digestAlgorithm ?? SHA256,
    inclusiveNamespacesPrefixList: [...(choices.prefixes ?? [])],
  });
  signer.computeSignature(xml, {
    prefix: "ds",
    location: { reference: "/*/*[local-name(.)='Issuer']", action: "after" },
  });
  return signer.getSignedXml();
}

export interface RedirectChoices {
  readonly parameter?: "SAMLRequest" | "SAMLResponse";
  readonly relayState?: string;
  /** Sign with this key; unsigned without. */
  readonly key?: KeyObject | undefined;
  readonly sigAlg?: string;
  readonly escape?: (value: string) => string;
  readonly hash?: string;
}

/** The query of the Redirect binding. */
export function redirectQuery(xml: string, choices: RedirectChoices = {}): string {
  const { parameter = "SAMLRequest", relayState, key, sigAlg = RSA_SHA256, hash = "sha256" } = choices;
  const escape = choices.escape ?? encodeURIComponent;
  const parts = [`${parameter}=${escape(deflateRawSync(xml).toString("base64"))}`];
  if (relayState !== undefined) parts.push(`RelayState=${escape(relayState)}`);
  if (key === undefined) return parts.join("&");
  const octets = [...parts, `SigAlg=${escape(sigAlg)}`].join("&");
  return `${octets}&Signature=${escape(sign(hash, Buffer.from(octets), key).toString("base64"))}`;
}

/** The form of the POST binding. */
export function postForm(
  xml: string | Buffer,
  relayState?: string,
  parameter: "SAMLRequest" | "SAMLResponse" = "SAMLRequest",
): string {
  const value = encodeURIComponent(Buffer.from(xml).toString("base64"));
  const form = `${parameter}=${value}`;
  return relayState === undefined ? form : `${form}&RelayState=${encodeURIComponent(relayState)}`;
}

/** A key that nobody has registered. */
export function strangersKey(): KeyObject {
  return createPrivateKey(
    generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" }),
  );
}
