import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { EXC_C14N } from "../../../src/saml/namespaces.ts";
import { ALICE, type RefusedCase, slo, sso, type World } from "./corpus.ts";
import {
  authnRequest,
  certificateFor,
  ENVELOPED,
  logoutRequest,
  postForm,
  RSA_SHA256,
  redirectQuery,
  type SigningChoices,
  signed,
  strangersKey,
} from "./service-provider.ts";
import { afterIssuer, signatureOf, WRAPPINGS } from "./wrappings.ts";

const DS = "http://www.w3.org/2000/09/xmldsig#";
const C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";

/** The genuine message, and what the attacker would like to have read instead. */
function requests({ wiki, id }: World): [string, string] {
  const second = wiki.application.assertionConsumerServices[1]?.location;
  return [
    signed(authnRequest(wiki, id()), wiki),
    authnRequest(wiki, id(), { attributes: { AssertionConsumerServiceURL: second, ForceAuthn: "true" } }),
  ];
}

function logouts({ wiki, id }: World): [string, string] {
  return [
    signed(logoutRequest(wiki, id(), { body: ALICE.replace("alice", "mallory") }), wiki),
    logoutRequest(wiki, id(), { body: ALICE }),
  ];
}

const wrapped: readonly RefusedCase[] = WRAPPINGS.flatMap(({ id, name, wrap, code = "saml.signature" }) => {
  return [
    {
      id,
      name: `AuthnRequest: ${name}`,
      code,
      send: (world) => sso("POST", postForm(wrap(...requests(world)))),
    },
    {
      id,
      name: `LogoutRequest: ${name}`,
      code,
      send: (world) => slo("POST", postForm(wrap(...logouts(world)))),
    },
  ] satisfies RefusedCase[];
});

function signedWith(choices: SigningChoices): (world: World) => ReturnType<typeof sso> {
  return ({ wiki, id }) => sso("POST", postForm(signed(authnRequest(wiki, id()), wiki, choices)));
}

function replacing(pattern: RegExp | string, replacement: string): (world: World) => ReturnType<typeof sso> {
  return (world) => sso("POST", postForm(requests(world)[0].replace(pattern, () => replacement)));
}

const enveloped: readonly RefusedCase[] = [
  {
    id: "SA-30",
    name: "an enveloped signature by rsa-sha1",
    code: "saml.signature-algorithm",
    send: signedWith({ signatureAlgorithm: `${DS}rsa-sha1` }),
  },
  {
    id: "SA-30",
    name: "a digest by SHA-1",
    code: "saml.signature-algorithm",
    send: signedWith({ digestAlgorithm: `${DS}sha1` }),
  },
  {
    id: "SA-09e",
    name: "inclusive canonicalisation of SignedInfo",
    code: "saml.signature-algorithm",
    send: signedWith({ canonicalization: C14N }),
  },
  {
    id: "SA-09e",
    name: "inclusive canonicalisation as transform",
    code: "saml.signature-algorithm",
    send: signedWith({ transforms: [ENVELOPED, C14N] }),
  },
  {
    id: "SA-09e",
    name: "canonicalisation with comments",
    code: "saml.signature-algorithm",
    send: signedWith({ transforms: [ENVELOPED, `${EXC_C14N}WithComments`] }),
  },
  {
    id: "SA-09e",
    name: "three transforms",
    code: "saml.signature",
    send: signedWith({ transforms: [ENVELOPED, EXC_C14N, EXC_C14N] }),
  },
  ...[
    "http://www.w3.org/TR/1999/REC-xslt-19991116",
    "http://www.w3.org/TR/1999/REC-xpath-19991116",
    `${DS}base64`,
  ].map((transform) => ({
    id: "SA-09e",
    name: `the transform ${transform}`,
    code: "saml.signature" as const,
    send: replacing(`<ds:Transform Algorithm="${ENVELOPED}"/>`, `<ds:Transform Algorithm="${transform}"/>`),
  })),
  {
    id: "SA-09e",
    name: "21 prefixes in InclusiveNamespaces",
    code: "saml.signature",
    send: signedWith({ prefixes: Array.from({ length: 21 }, (_, index) => `p${index}`) }),
  },
  {
    id: "SA-32",
    name: "HMAC keyed with the certificate",
    code: "saml.signature-algorithm",
    send: (world) => {
      const genuine = requests(world)[0].replace(RSA_SHA256, `${DS}hmac-sha1`);
      const certificate = world.wiki.application.signingCertificates[0] ?? "";
      const value = createHmac("sha1", certificate).update(genuine).digest("base64");
      return sso("POST", postForm(genuine.replace(/(<ds:SignatureValue>)[^<]*/, `$1${value}`)));
    },
  },
  {
    id: "SA-33",
    name: "a stranger's signature with the stranger's certificate in KeyInfo",
    code: "saml.signature",
    send: (world) => {
      const key = strangersKey();
      const xml = signed(authnRequest(world.wiki, world.id()), world.wiki, { key });
      const info = `<ds:KeyInfo><ds:X509Data><ds:X509Certificate>${certificateFor(key)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`;
      const signature = signatureOf(xml);
      const changed = signature.replace("</ds:Signature>", `${info}</ds:Signature>`);
      return sso("POST", postForm(xml.replace(signature, () => changed)));
    },
  },
  {
    id: "SA-43",
    name: "signed by another registered application",
    code: "saml.signature",
    send: ({ wiki, evil, id }) => sso("POST", postForm(signed(authnRequest(wiki, id()), evil))),
  },
  {
    id: "SA-43",
    name: "unsigned, though its requests must be signed (POST)",
    code: "saml.unsigned",
    send: ({ wiki, id }) => sso("POST", postForm(authnRequest(wiki, id()))),
  },
  {
    id: "SA-09a",
    name: "a broken signature where none is demanded",
    code: "saml.signature",
    send: ({ mail, wiki, id }) => sso("POST", postForm(signed(authnRequest(mail, id()), wiki))),
  },
  {
    id: "SA-09k",
    name: "Issuer changed to another application after signing",
    code: "saml.signature",
    send: (world) => {
      const { wiki, mail } = world;
      const xml = requests(world)[0].replace(
        `>${wiki.application.entityId}<`,
        `>${mail.application.entityId}<`,
      );
      return sso("POST", postForm(xml));
    },
  },
  {
    id: "SA-09g",
    name: "the Signature in a namespace of its own name",
    code: "saml.unsigned",
    send: (world) => sso("POST", postForm(requests(world)[0].replaceAll(DS, "urn:not-xmldsig"))),
  },
  {
    id: "SA-09a",
    name: "an Object beside KeyInfo in the Signature",
    code: "saml.signature",
    send: replacing("</ds:Signature>", "<ds:Object/></ds:Signature>"),
  },
  {
    id: "B07",
    name: "an unsigned LogoutRequest for alice around an old signed message of mallory",
    code: "saml.signature",
    send: (world) => {
      const [genuine, forged] = logouts(world);
      return slo("POST", postForm(afterIssuer(forged, `<samlp:Extensions>${genuine}</samlp:Extensions>`)));
    },
  },
];

/** A query of wiki, signed in a way that must not do. */
function query(change: (world: World) => string): (world: World) => ReturnType<typeof sso> {
  return (world) => sso("GET", change(world));
}

function signedQuery({ wiki, id }: World): string {
  return redirectQuery(authnRequest(wiki, id()), { key: wiki.privateKey, relayState: "here" });
}

const SIG_ALGS: readonly string[] = [
  `${DS}rsa-sha1`,
  "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
  "x#sha256",
  RSA_SHA256.toUpperCase(),
  `${DS}hmac-sha1`,
  "",
];

const queries: readonly RefusedCase[] = [
  ...SIG_ALGS.map((sigAlg) => ({
    id: "SA-31",
    name: `SigAlg "${sigAlg}"`,
    code: "saml.signature-algorithm" as const,
    send: query(({ wiki, id }) => redirectQuery(authnRequest(wiki, id()), { key: wiki.privateKey, sigAlg })),
  })),
  {
    id: "SA-31",
    name: "Signature without SigAlg",
    code: "saml.signature-algorithm",
    send: query((world) => signedQuery(world).replace(/&SigAlg=[^&]*/, "")),
  },
  {
    id: "SA-31",
    name: "SigAlg without Signature",
    code: "saml.signature",
    send: query((world) => signedQuery(world).replace(/&Signature=.*/, "")),
  },
  {
    id: "SA-43",
    name: "the signature taken away, though requests must be signed",
    code: "saml.unsigned",
    send: query((world) => signedQuery(world).replace(/&SigAlg=.*/, "")),
  },
  {
    id: "SA-44",
    name: "RelayState changed after signing",
    code: "saml.signature",
    send: query((world) => signedQuery(world).replace("RelayState=here", "RelayState=there")),
  },
  {
    id: "SA-44",
    name: "RelayState removed after signing",
    code: "saml.signature",
    send: query((world) => signedQuery(world).replace("&RelayState=here", "")),
  },
  {
    id: "SA-44",
    name: "RelayState added after signing",
    code: "saml.signature",
    send: query(
      ({ wiki, id }) =>
        `${redirectQuery(authnRequest(wiki, id()), { key: wiki.privateKey })}&RelayState=added`,
    ),
  },
  {
    id: "SA-44",
    name: "an empty RelayState added after signing",
    code: "saml.signature",
    send: query(
      ({ wiki, id }) => `${redirectQuery(authnRequest(wiki, id()), { key: wiki.privateKey })}&RelayState=`,
    ),
  },
  {
    id: "SA-44",
    name: "the signed value with its percent-encoding in the other case",
    code: "saml.signature",
    send: query((world) => signedQuery(world).replace(/SigAlg=[^&]*/, (part) => part.replace(/%3A/g, "%3a"))),
  },
  {
    id: "SA-44",
    name: "a parameter whose name is percent-encoded",
    code: "saml.parameters",
    send: query((world) => signedQuery(world).replace("SAMLRequest=", "SAML%52equest=")),
  },
  {
    id: "SA-35",
    name: "one bit of the signature turned",
    code: "saml.signature",
    send: query((world) =>
      signedQuery(world).replace(/Signature=(.)/, (_, first) => `Signature=${first === "A" ? "B" : "A"}`),
    ),
  },
  {
    id: "SA-35",
    name: "an ECDSA signature of zeros",
    code: "saml.signature",
    send: query(({ wiki, id }) => {
      const sigAlg = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
      const signedRight = redirectQuery(authnRequest(wiki, id()), { key: wiki.privateKey, sigAlg });
      const zeros = encodeURIComponent(Buffer.alloc(64).toString("base64"));
      return signedRight.replace(/&Signature=.*/, `&Signature=${zeros}`);
    }),
  },
  {
    id: "SA-31",
    name: "an RSA signature under the name of an ECDSA algorithm",
    code: "saml.signature",
    send: query(({ wiki, id }) =>
      redirectQuery(authnRequest(wiki, id()), {
        key: wiki.privateKey,
        sigAlg: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
      }),
    ),
  },
  {
    id: "SA-34",
    name: "a key of P-256 that is registered nowhere",
    code: "saml.signature",
    send: query(({ wiki, id }) => {
      const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const octets = `${redirectQuery(authnRequest(wiki, id()))}&SigAlg=${encodeURIComponent("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256")}`;
      const value = sign("sha256", Buffer.from(octets), { key: privateKey, dsaEncoding: "ieee-p1363" });
      return `${octets}&Signature=${encodeURIComponent(value.toString("base64"))}`;
    }),
  },
];

/** Section 3.1 and 3.3: what is signed, by whom, how, and what is read. */
export const REFUSED_SIGNATURES: readonly RefusedCase[] = [...wrapped, ...enveloped, ...queries];
