import type { RequestedContext } from "../model/authentication.ts";
import { refused } from "./message-refused.ts";
import { SAML, SAMLP } from "./namespaces.ts";
import { type NameIdentifier, readNameIdentifier } from "./name-identifier.ts";
import type { NameIdPolicy } from "./request-wire.ts";
import { collapsed, xsBoolean, xsUnsignedShort } from "./xml-values.ts";
import { attribute, childrenNamed, type XmlElement } from "./xml/element.ts";

/** RequestedAuthnContext as it was asked for (SAML Core 3.3.2.2.1). */
export interface RequestedAuthnContext {
  readonly comparison: RequestedContext["comparison"];
  /** As they were spelled; empty where declarations are named instead of classes. */
  readonly classRefs: readonly string[];
}

/** The body of an AuthnRequest (SAML Core 3.4.1), each part checked for its own sake; the header is read apart. */
export interface AuthnRequest {
  readonly forceAuthn: boolean;
  readonly isPassive: boolean;
  readonly assertionConsumerServiceUrl: string | undefined;
  readonly assertionConsumerServiceIndex: number | undefined;
  readonly protocolBinding: string | undefined;
  readonly nameIdPolicy: NameIdPolicy | undefined;
  readonly requestedAuthnContext: RequestedAuthnContext | undefined;
  /** The person that the answer must be about, where the application says so. */
  readonly subject: NameIdentifier | "encrypted" | undefined;
}

const SECTION = "SAML Core 3.4.1";
const COMPARISONS: readonly RequestedContext["comparison"][] = ["exact", "minimum", "better", "maximum"];

/**
 * Reads an AuthnRequest. Extensions, Conditions and Scoping are passed over: this identity provider is no proxy, so a
 * ProxyCount of any size is kept. What is there but not of its type is refused and never taken for absent.
 *
 * Throws `MessageRefused`.
 */
export function readAuthnRequest(root: XmlElement): AuthnRequest {
  return {
    forceAuthn: booleanAttribute(root, "ForceAuthn") ?? false,
    isPassive: booleanAttribute(root, "IsPassive") ?? false,
    assertionConsumerServiceUrl: attribute(root, "AssertionConsumerServiceURL"),
    assertionConsumerServiceIndex: indexAttribute(root, "AssertionConsumerServiceIndex"),
    protocolBinding: attribute(root, "ProtocolBinding"),
    nameIdPolicy: nameIdPolicy(onlyChild(root, SAMLP, "NameIDPolicy")),
    requestedAuthnContext: requestedAuthnContext(onlyChild(root, SAMLP, "RequestedAuthnContext")),
    subject: subject(onlyChild(root, SAML, "Subject")),
  };
}

function nameIdPolicy(element: XmlElement | undefined): NameIdPolicy | undefined {
  if (element === undefined) return undefined;
  return {
    format: attribute(element, "Format"),
    spNameQualifier: attribute(element, "SPNameQualifier"),
    allowCreate: booleanAttribute(element, "AllowCreate") ?? false,
  };
}

function requestedAuthnContext(element: XmlElement | undefined): RequestedAuthnContext | undefined {
  if (element === undefined) return undefined;
  const spelled = attribute(element, "Comparison") ?? "exact";
  const comparison = COMPARISONS.find((known) => known === spelled);
  if (comparison === undefined)
    throw refused("saml.malformed", "Comparison is unknown", "SAML Core 3.3.2.2.1");
  const classes = childrenNamed(element, SAML, "AuthnContextClassRef");
  const declarations = childrenNamed(element, SAML, "AuthnContextDeclRef");
  if (classes.length === 0 && declarations.length === 0) {
    throw refused("saml.malformed", "RequestedAuthnContext asks for nothing", "SAML Core 3.3.2.2.1");
  }
  const classRefs = classes.map((each) => collapsed(each.text ?? ""));
  if (classRefs.includes("")) {
    throw refused("saml.malformed", "an AuthnContextClassRef is not a plain value", "SAML Core 3.3.2.2.1");
  }
  return { comparison, classRefs };
}

/** A Subject with nothing but a confirmation names nobody; the profile has no use for one (SAML Profiles 4.1.4.1). */
function subject(element: XmlElement | undefined): NameIdentifier | "encrypted" | undefined {
  return element === undefined ? undefined : readNameIdentifier(element);
}

function onlyChild(parent: XmlElement, namespace: string, localName: string): XmlElement | undefined {
  const [found, ...others] = childrenNamed(parent, namespace, localName);
  if (others.length > 0) throw refused("saml.malformed", `${localName} came more than once`, SECTION);
  return found;
}

function booleanAttribute(element: XmlElement, name: string): boolean | undefined {
  const text = attribute(element, name);
  if (text === undefined) return undefined;
  const value = xsBoolean(text);
  if (value === undefined) throw refused("saml.malformed", `${name} is neither true nor false`, SECTION);
  return value;
}

function indexAttribute(element: XmlElement, name: string): number | undefined {
  const text = attribute(element, name);
  if (text === undefined) return undefined;
  const value = xsUnsignedShort(text);
  if (value === undefined)
    throw refused("saml.malformed", `${name} is not a number from 0 to 65535`, SECTION);
  return value;
}
