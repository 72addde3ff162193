import assert from "node:assert/strict";
import { test } from "node:test";
import type { RefusalReason } from "../../src/model/refusal.ts";
import { REFUSAL_STATUS } from "../../src/saml/refusal-status.ts";
import {
  ACS,
  keyRingOf,
  samlApplication,
  samlResponder,
  signingKey,
  signOnRequest,
} from "../fixtures/saml/installation.ts";
import {
  judgesPresent,
  schemaErrors,
  temporaryFolder,
  writeDocuments,
  xmlsecFailures,
} from "../fixtures/saml/judges.ts";
import { childNames, elements, only, parsed, posted, postedXml, textOf } from "../fixtures/saml/reading.ts";

const KEY = signingKey("RSA-2048");
const RESPONDER = samlResponder(keyRingOf(KEY));

const WIRE: readonly (readonly [RefusalReason, readonly string[]])[] = [
  ["application-disabled", ["Responder", "RequestDenied"]],
  ["account-disabled", ["Responder", "AuthnFailed"]],
  ["login-required", ["Responder", "NoPassive"]],
  ["account-selection-required", ["Responder", "NoPassive"]],
  ["step-up-required", ["Responder", "NoPassive"]],
  ["consent-required", ["Responder", "NoPassive"]],
  ["context-not-possible", ["Responder", "NoAuthnContext"]],
  ["access-denied", ["Responder", "RequestDenied"]],
  ["consent-denied", ["Responder", "RequestDenied"]],
  ["login-cancelled", ["Responder", "AuthnFailed"]],
  ["subject-not-available", ["Responder", "UnknownPrincipal"]],
  ["name-id-policy-not-possible", ["Requester", "InvalidNameIDPolicy"]],
  ["internal-error", ["Responder"]],
];

test("every reason for a refusal has its row", () => {
  assert.deepEqual(WIRE.map(([reason]) => reason).toSorted(), Object.keys(REFUSAL_STATUS).toSorted());
  assert.ok(Object.values(REFUSAL_STATUS).every(({ section }) => section.startsWith("SAML Core 3.")));
});

for (const [reason, codes] of WIRE) {
  test(`${reason} is answered with ${codes.join("/")}, signed, to the reply address, without an assertion`, async () => {
    const reply = await RESPONDER.refuse(signOnRequest({ relayState: "r" }), samlApplication(), reason);
    const root = parsed(postedXml(reply));
    assert.deepEqual(statusCodes(root), codes);
    assert.deepEqual(childNames(root), ["saml:Issuer", "ds:Signature", "samlp:Status"]);
    assert.equal(root.getAttribute("InResponseTo"), "_request");
    assert.equal(root.getAttribute("Destination"), ACS);
    assert.equal(textOf(root, "StatusMessage"), REFUSAL_STATUS[reason].message);
    assert.equal(posted(reply)["RelayState"], "r");
  });
}

/** From the top-level code inwards. */
function statusCodes(root: Element): readonly string[] {
  return elements(root, "StatusCode").map((code) =>
    (code.getAttribute("Value") ?? "").replace(/.*:status:/, ""),
  );
}

test("the second code is nested in the first (SAML Core 3.2.2.2)", async () => {
  const root = parsed(postedXml(await RESPONDER.refuse(signOnRequest(), samlApplication(), "access-denied")));
  assert.deepEqual(childNames(only(root, "Status")), ["samlp:StatusCode", "samlp:StatusMessage"]);
  assert.equal(elements(root, "StatusCode")[1]?.parentNode, elements(root, "StatusCode")[0]);
});

test("refusals are accepted by the OASIS schemas and by xmlsec1", async (t) => {
  if (!judgesPresent(t)) return;
  const folder = temporaryFolder(t);
  const replies = await Promise.all(
    WIRE.map(async ([reason]) => await RESPONDER.refuse(signOnRequest(), samlApplication(), reason)),
  );
  const paths = writeDocuments(folder, replies.map(postedXml));
  assert.equal(schemaErrors(folder, paths), "");
  assert.deepEqual(xmlsecFailures(folder, paths, KEY.certificate, "Response"), []);
});

test("a refusal is signed although the application's answers have only signed assertions", async () => {
  const application = samlApplication({ signAssertion: true, signResponse: false });
  const root = parsed(postedXml(await RESPONDER.refuse(signOnRequest(), application, "access-denied")));
  assert.equal(only(root, "Signature").parentNode, root);
});

test("SA-82 a detail takes the place of the table's words; it is cut, and what XML cannot carry is marked", async () => {
  const detail = `<\u0000>${"x".repeat(400)}`;
  const reply = await RESPONDER.refuse(signOnRequest(), samlApplication(), "internal-error", detail);
  const message = textOf(parsed(postedXml(reply)), "StatusMessage");
  assert.equal(message, `<\ufffd>${"x".repeat(297)}`);
});

test("a sign-on that nobody asked for is refused without InResponseTo", async () => {
  const request = signOnRequest({ requestId: undefined });
  const root = parsed(postedXml(await RESPONDER.refuse(request, samlApplication(), "access-denied")));
  assert.equal(root.hasAttribute("InResponseTo"), false);
});

test("other statuses can be answered too, as for a request that asks for a proxy", async () => {
  const status = { top: "Responder", second: "ProxyCountExceeded" } as const;
  const wire = { acsBinding: "", requestedClassRefs: [] };
  const root = parsed(postedXml(await RESPONDER.answerStatus(ACS, wire, samlApplication(), status)));
  assert.deepEqual(statusCodes(root), ["Responder", "ProxyCountExceeded"]);
  assert.equal(elements(root, "StatusMessage").length, 0);
});
