import { createSign, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { deflateRawSync } from "node:zlib";
import { SignedXml } from "xml-crypto";
import { selfSignedCertificate } from "../../src/keys/certificate.ts";

/** What an answer says; each part can be made to lie. */
export interface AnswerParts {
  readonly destination: string;
  readonly recipient: string;
  readonly audience: string;
  readonly inResponseTo: string;
  readonly confirmedRequest: string;
  readonly status: string;
  readonly version: string;
  readonly method: string;
  readonly nameId: string;
  readonly assertionId: string;
  readonly issuer: string;
  readonly signature: "rsa-sha256" | "rsa-sha1" | "none";
  readonly key: KeyObject;
  /** Put before everything else, and into the Response, outside of what is signed. */
  readonly prologue: string;
  readonly filling: string;
  readonly withConfirmation: boolean;
  readonly expiresInMs: number;
}

export interface LogoutParts {
  readonly destination: string;
  readonly nameId: string;
  readonly issuedAtMs: number;
  readonly algorithm: string;
  readonly key: KeyObject;
}

const EXC = "http://www.w3.org/2001/10/xml-exc-c14n#";
const ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
export const RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
export const SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success";
export const BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer";

/** An identity provider of the test's own: it says and signs whatever it is told to. */
export class PretendedProvider {
  readonly key: KeyObject = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  readonly #server: Server;
  #url = "";

  constructor() {
    this.#server = createServer((_request, response) => {
      response.setHeader("Content-Type", "application/samlmetadata+xml").end(this.#metadata());
    });
  }

  get url(): string {
    return this.#url;
  }

  get entityId(): string {
    return `${this.#url}/saml/metadata`;
  }

  async start(): Promise<void> {
    this.#url = `http://127.0.0.1:${await listenAnywhere(this.#server)}`;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  /** A Response in base64, with one signed assertion. */
  answer(parts: AnswerParts): string {
    const now = new Date().toISOString();
    const status = `<samlp:Status><samlp:StatusCode Value="${parts.status}"/></samlp:Status>`;
    const head = `ID="_${randomBytes(8).toString("hex")}" Version="${parts.version}" IssueInstant="${now}" Destination="${parts.destination}" InResponseTo="${parts.inResponseTo}"`;
    const xml = `${parts.prologue}<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ${head}><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${parts.issuer}</saml:Issuer>${status}${this.#assertion(parts)}${parts.filling}</samlp:Response>`;
    return Buffer.from(xml).toString("base64");
  }

  /** The query of a signed LogoutRequest by Redirect, with the LogoutRequest's own parts. */
  logoutQuery(parts: LogoutParts, sessionIndex: string): string {
    const xml = `<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_${randomBytes(8).toString("hex")}" Version="2.0" IssueInstant="${new Date(parts.issuedAtMs).toISOString()}" Destination="${parts.destination}"><saml:Issuer>${this.entityId}</saml:Issuer><saml:NameID>${parts.nameId}</saml:NameID><samlp:SessionIndex>${sessionIndex}</samlp:SessionIndex></samlp:LogoutRequest>`;
    return this.signQuery(xml, parts);
  }

  signQuery(xml: string, parts: Pick<LogoutParts, "algorithm" | "key">): string {
    const message = encodeURIComponent(deflateRawSync(xml).toString("base64"));
    const query = `SAMLRequest=${message}&RelayState=somewhere&SigAlg=${encodeURIComponent(parts.algorithm)}`;
    const hash = parts.algorithm.endsWith("sha1")
      ? "sha1"
      : parts.algorithm.endsWith("md5")
        ? "md5"
        : "sha256";
    const signature = createSign(hash).update(query).sign(parts.key, "base64");
    return `${query}&Signature=${encodeURIComponent(signature)}`;
  }

  #assertion(parts: AnswerParts): string {
    const now = new Date().toISOString();
    const end = new Date(Date.now() + parts.expiresInMs).toISOString();
    const confirmation = `<saml:SubjectConfirmation Method="${parts.method}"><saml:SubjectConfirmationData Recipient="${parts.recipient}" InResponseTo="${parts.confirmedRequest}" NotOnOrAfter="${end}"/></saml:SubjectConfirmation>`;
    const xml = `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${parts.assertionId}" Version="${parts.version}" IssueInstant="${now}"><saml:Issuer>${parts.issuer}</saml:Issuer><saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">${parts.nameId}</saml:NameID>${parts.withConfirmation ? confirmation : ""}</saml:Subject><saml:Conditions NotOnOrAfter="${end}"><saml:AudienceRestriction><saml:Audience>${parts.audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="${now}" SessionIndex="session-1"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement><saml:Attribute Name="urn:oid:0.9.2342.19200300.100.1.3" FriendlyName="mail"><saml:AttributeValue>alice@example.org</saml:AttributeValue></saml:Attribute><saml:Attribute Name="urn:oid:2.16.840.1.113730.3.1.241" FriendlyName="displayName"><saml:AttributeValue>Alice &lt;Example&gt;</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion>`;
    return parts.signature === "none" ? xml : signed(xml, parts);
  }

  #metadata(): string {
    const certificate = selfSignedCertificate("RSA-2048", this.key, "test", Date.now(), randomBytes(15));
    const at = (name: string, path: string) =>
      `<md:${name} Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${this.#url}${path}"/>`;
    return `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${this.entityId}"><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>${at("SingleLogoutService", "/saml/slo")}${at("SingleSignOnService", "/saml/sso")}</md:IDPSSODescriptor></md:EntityDescriptor>`;
  }
}

/** Listens on a free port of the loopback address and returns it. */
export async function listenAnywhere(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("it listens on no port");
  return address.port;
}

function signed(xml: string, parts: AnswerParts): string {
  const sha1 = parts.signature === "rsa-sha1";
  const signer = new SignedXml({
    privateKey: parts.key.export({ type: "pkcs8", format: "pem" }),
    canonicalizationAlgorithm: EXC,
    signatureAlgorithm: sha1 ? "http://www.w3.org/2000/09/xmldsig#rsa-sha1" : RSA_SHA256,
  });
  signer.addReference({
    xpath: "/*",
    transforms: [ENVELOPED, EXC],
    digestAlgorithm: sha1
      ? "http://www.w3.org/2000/09/xmldsig#sha1"
      : "http://www.w3.org/2001/04/xmlenc#sha256",
  });
  signer.computeSignature(xml, { location: { reference: "/*/*[local-name()='Issuer']", action: "after" } });
  return signer.getSignedXml();
}
