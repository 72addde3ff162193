import { deflateRawSync, deflateSync } from "node:zlib";
import type { SamlRefusalCode } from "../../../src/saml/message-refused.ts";
import { type RefusedCase, type Sent, sso, type World } from "./corpus.ts";
import { authnRequest, postForm, redirectQuery } from "./service-provider.ts";

/** An unsigned AuthnRequest of mail by Redirect, whose query is changed. */
function query(
  id: string,
  name: string,
  code: SamlRefusalCode,
  says: RegExp,
  change: (raw: string) => string,
) {
  const send = (world: World): Sent =>
    sso("GET", change(redirectQuery(authnRequest(world.mail, world.id()), { relayState: "here" })));
  return { id, name, code, says, send };
}

/** The deflated message packed anew. */
const repacked = (pack: (deflated: Buffer) => Buffer | string) => (raw: string) =>
  raw.replace(/SAMLRequest=([^&]*)/, (_, value: string) => {
    const packed = pack(Buffer.from(decodeURIComponent(value), "base64"));
    return `SAMLRequest=${encodeURIComponent(typeof packed === "string" ? packed : packed.toString("base64"))}`;
  });

const MESSAGE = Buffer.from("<samlp:AuthnRequest/>");

/** Section 3.4: what is wrong with the way that a message is packed. */
export const REFUSED_BINDINGS: readonly RefusedCase[] = [
  query(
    "B03",
    "XML that is not deflated",
    "saml.encoding",
    /not deflated/,
    repacked(() => MESSAGE),
  ),
  query(
    "SA-22",
    "a zlib header",
    "saml.encoding",
    /zlib header/,
    repacked(() => deflateSync(MESSAGE)),
  ),
  query(
    "SA-22",
    "bytes behind the stream",
    "saml.encoding",
    /behind/,
    repacked((b) => Buffer.concat([b, MESSAGE])),
  ),
  query(
    "SA-22",
    "a stream that is cut off",
    "saml.encoding",
    /inflated/,
    repacked((b) => b.subarray(0, b.length - 9)),
  ),
  query(
    "SA-22",
    "deflated twice",
    "saml.xml",
    /./,
    repacked((b) => deflateRawSync(b)),
  ),
  query(
    "SA-22",
    "an encoding that is not DEFLATE",
    "saml.encoding",
    /SAMLEncoding/,
    (raw) => `${raw}&SAMLEncoding=urn:x`,
  ),
  query(
    "SA-23",
    "base64 in the URL alphabet",
    "saml.encoding",
    /base64/,
    repacked((b) => `-_${b.toString("base64url")}`),
  ),
  query(
    "SA-23",
    "base64 without its padding",
    "saml.encoding",
    /base64/,
    repacked(() => MESSAGE.toString("base64").slice(0, 6)),
  ),
  query(
    "SA-23",
    "bits left over in base64",
    "saml.encoding",
    /base64/,
    repacked(() => "QR=="),
  ),
  query(
    "SA-23",
    "line feeds in a query's base64",
    "saml.encoding",
    /base64/,
    repacked((b) => b.toString("base64").replace(/^.{20}/, "$&\n")),
  ),
  query("SA-23", "a plus sign that became a space", "saml.encoding", /plus sign/, (raw) =>
    raw.replace(/SAMLRequest=.../, "$&+"),
  ),
  query(
    "SA-44",
    "SAMLRequest twice",
    "saml.parameters",
    /SAMLRequest/,
    (raw) => `${raw}&${raw.split("&")[0]}`,
  ),
  query("SA-44", "RelayState twice", "saml.parameters", /RelayState/, (raw) => `${raw}&RelayState=there`),
  query(
    "SA-44",
    "Signature twice",
    "saml.parameters",
    /Signature/,
    (raw) => `${raw}&Signature=a&Signature=b`,
  ),
  query("SA-44", "SigAlg twice", "saml.parameters", /SigAlg/, (raw) => `${raw}&SigAlg=a&SigAlg=b`),
  query(
    "SA-44",
    "a second one whose name is percent-encoded",
    "saml.parameters",
    /SAMLRequest/,
    (raw) => `${raw}&SAML%52equest=x`,
  ),
  query(
    "SA-44",
    "SAMLRequest and SAMLResponse together",
    "saml.parameters",
    /together/,
    (raw) => `${raw}&SAMLResponse=x`,
  ),
  query("SA-44", "a broken percent-encoding", "saml.parameters", /decoded/, (raw) => `${raw}&x=%zz`),
  query("SA-44", "an empty SAMLRequest", "saml.no-message", /./, () => "SAMLRequest=&RelayState=here"),
  query("SA-80", "RelayState of 100 KB", "saml.relay-state", /4096/, (raw) => `${raw}${"x".repeat(100_000)}`),
  {
    id: "SA-44",
    name: "a signature beside the form that is none",
    code: "saml.signature-algorithm",
    send: ({ mail, id }) => sso("POST", `${postForm(authnRequest(mail, id()))}&SigAlg=x&Signature=y`),
  },
  {
    id: "SA-44",
    name: "SAMLRequest twice in a form",
    code: "saml.parameters",
    send: ({ mail, id }) =>
      sso("POST", `${postForm(authnRequest(mail, id()))}&${postForm(authnRequest(mail, id()))}`),
  },
];
