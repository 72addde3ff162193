/** XML namespaces of SAML 2.0 and of what it builds on. */
export const SAML = "urn:oasis:names:tc:SAML:2.0:assertion";
export const SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol";
export const MD = "urn:oasis:names:tc:SAML:2.0:metadata";
export const DS = "http://www.w3.org/2000/09/xmldsig#";
export const XENC = "http://www.w3.org/2001/04/xmlenc#";
export const XENC11 = "http://www.w3.org/2009/xmlenc11#";
export const SOAP = "http://schemas.xmlsoap.org/soap/envelope/";
/** The enhanced client or proxy profile (SAML Profiles 4.2). */
export const ECP = "urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp";
/** SOAP 1.1, 4.2.2: whoever receives the message next. */
export const NEXT_ACTOR = "http://schemas.xmlsoap.org/soap/actor/next";
export const MDUI = "urn:oasis:names:tc:SAML:metadata:ui";
export const SHIBMD = "urn:mace:shibboleth:metadata:1.0";
/** REFEDS' attribute for kinds of contact. */
export const REMD = "http://refeds.org/metadata";
export const ALG = "urn:oasis:names:tc:SAML:metadata:algsupport";
export const EXC_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#";

/** Bindings (SAML Bindings 3). */
export const BINDING = {
  redirect: "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect",
  post: "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
  simpleSign: "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST-SimpleSign",
  artifact: "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact",
  soap: "urn:oasis:names:tc:SAML:2.0:bindings:SOAP",
  paos: "urn:oasis:names:tc:SAML:2.0:bindings:PAOS",
} as const;

/** Name identifier formats (SAML Core 8.3): e-mail, X.509 and unspecified are of 1.1, the others of 2.0. */
export const NAME_ID = {
  unspecified: "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
  emailAddress: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
  x509SubjectName: "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName",
  persistent: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
  transient: "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
  entity: "urn:oasis:names:tc:SAML:2.0:nameid-format:entity",
  encrypted: "urn:oasis:names:tc:SAML:2.0:nameid-format:encrypted",
} as const;

/** Attribute name formats (SAML Core 8.2). */
export const NAME_FORMAT = {
  unspecified: "urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified",
  uri: "urn:oasis:names:tc:SAML:2.0:attrname-format:uri",
  basic: "urn:oasis:names:tc:SAML:2.0:attrname-format:basic",
} as const;

/** The method of a bearer's SubjectConfirmation (SAML Profiles 3.3). */
export const BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
