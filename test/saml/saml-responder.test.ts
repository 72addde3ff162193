import assert from "node:assert/strict";
import { test } from "node:test";
import type { Account } from "../../src/model/account.ts";
import type { SamlApplication } from "../../src/model/application.ts";
import type { Session } from "../../src/model/session.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { Unavailable } from "../../src/platform/unavailable.ts";
import { NAME_ID } from "../../src/saml/namespaces.ts";
import type { SamlRequestWire } from "../../src/saml/request-wire.ts";
import type { SamlResponder } from "../../src/saml/saml-responder.ts";
import { sessionIndexFor } from "../../src/session/session-index.ts";
import {
  ACS,
  account,
  ENTITY_ID,
  keyRingOf,
  NOW_MS,
  samlApplication,
  samlResponder,
  session,
  signingKey,
  signOnRequest,
} from "../fixtures/saml/installation.ts";
import { elements, only, parsed, posted, postedXml, responded, textOf } from "../fixtures/saml/reading.ts";

const RING = keyRingOf(signingKey("RSA-2048"));

interface Changes {
  readonly wire?: Partial<SamlRequestWire>;
  readonly application?: Partial<SamlApplication>;
  readonly account?: Partial<Account>;
  readonly session?: Partial<Session>;
  readonly responder?: SamlResponder;
}

async function answered(changes: Changes = {}) {
  const responder = changes.responder ?? samlResponder(RING);
  const made = await responder.respond({
    request: signOnRequest(changes.wire),
    application: samlApplication(changes.application),
    account: account(changes.account),
    session: session(changes.session),
    grant: undefined,
    scopes: [],
  });
  const { reply, participant } = responded(made);
  return { reply, participant, root: parsed(postedXml(reply)) };
}

/** An attribute of the one element of this name, as an instant in epoch milliseconds. */
function instantOf(root: Element, element: string, attribute: string): number {
  const text = only(root, element).getAttribute(attribute) ?? "";
  assert.match(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  return Date.parse(text);
}

test("the answer is posted to the reply address, in base64 without line breaks", async () => {
  const { reply } = await answered();
  assert.equal(reply.kind === "form-post" && reply.action, ACS);
  assert.deepEqual(Object.keys(posted(reply)), ["SAMLResponse"]);
  assert.match(posted(reply)["SAMLResponse"] ?? "", /^[A-Za-z0-9+/]+={0,2}$/);
});

const RELAY_STATES = ["/wiki/A+B C&x=%2B", "", '"><script>', "漢字 \u0000", "x".repeat(100_000)];

for (const relayState of RELAY_STATES) {
  test(`B19 RelayState ${JSON.stringify(relayState).slice(0, 40)} goes back as it came`, async () => {
    const { reply } = await answered({ wire: { relayState } });
    assert.equal(posted(reply)["RelayState"], relayState);
  });
}

test("Destination and Recipient are the reply address, and InResponseTo stands in both places", async () => {
  const { root } = await answered();
  const confirmation = only(root, "SubjectConfirmationData");
  assert.equal(root.getAttribute("Destination"), ACS);
  assert.equal(confirmation.getAttribute("Recipient"), ACS);
  assert.equal(root.getAttribute("InResponseTo"), "_request");
  assert.equal(confirmation.getAttribute("InResponseTo"), "_request");
});

test("a sign-on that nobody asked for has InResponseTo nowhere (SAML Profiles 4.1.5)", async () => {
  const { reply } = await answered({ wire: { requestId: undefined } });
  assert.doesNotMatch(postedXml(reply), /InResponseTo/);
});

test("issuer, audience and subject are who they must be", async () => {
  const { root } = await answered();
  assert.deepEqual(
    elements(root, "Issuer").map((issuer) => issuer.textContent),
    [ENTITY_ID, ENTITY_ID],
  );
  assert.equal(textOf(root, "Audience"), "https://app.example.com/saml/metadata");
  assert.equal(only(root, "NameID").getAttribute("Format"), NAME_ID.persistent);
  assert.equal(
    only(root, "SubjectConfirmation").getAttribute("Method"),
    "urn:oasis:names:tc:SAML:2.0:cm:bearer",
  );
});

test("SA-76 the assertion lives five minutes, and begins one minute ago at most", async () => {
  const { root } = await answered();
  assert.equal(instantOf(root, "Conditions", "NotBefore"), NOW_MS - 60_000);
  assert.equal(instantOf(root, "Conditions", "NotOnOrAfter"), NOW_MS + 300_000);
  assert.equal(instantOf(root, "SubjectConfirmationData", "NotOnOrAfter"), NOW_MS + 300_000);
  assert.equal(instantOf(root, "Assertion", "IssueInstant"), NOW_MS);
});

test("a bearer's confirmation has no NotBefore (SAML Profiles 4.1.4.2)", async () => {
  const { root } = await answered();
  assert.equal(only(root, "SubjectConfirmationData").hasAttribute("NotBefore"), false);
});

test("SA-76 AuthnInstant is when the person logged in, not now", async () => {
  const instantMs = NOW_MS - 3_600_000;
  const { root } = await answered({
    session: { authentication: { instantMs, methods: ["pwd"], context: "password" } },
  });
  assert.equal(instantOf(root, "AuthnStatement", "AuthnInstant"), instantMs);
});

const ENDS: readonly (readonly [boolean, number])[] = [
  [false, 12 * 3_600_000],
  [true, 30 * 86_400_000],
];

for (const [remembered, lifetimeMs] of ENDS) {
  test(`SA-76 SessionNotOnOrAfter is the absolute end of a ${remembered ? "remembered" : "plain"} session`, async () => {
    const startedAtMs = NOW_MS - 7_200_000;
    const { root } = await answered({ session: { remembered, startedAtMs } });
    assert.equal(instantOf(root, "AuthnStatement", "SessionNotOnOrAfter"), startedAtMs + lifetimeMs);
  });
}

test("SA-76 IDs hold 160 random bits, begin like a name, and are never the same", async () => {
  const responder = samlResponder(RING, { random: systemRandom });
  const ids: string[] = [];
  for (let count = 0; count < 20; count += 1) {
    const { root } = await answered({ responder });
    ids.push(root.getAttribute("ID") ?? "", only(root, "Assertion").getAttribute("ID") ?? "");
  }
  assert.ok(ids.every((id) => /^_[0-9a-f]{40}$/.test(id)));
  assert.equal(new Set(ids).size, 40);
});

test("the class says how the person logged in, in the words that were asked for", async () => {
  const twoFactors = { instantMs: NOW_MS, methods: ["pwd", "otp"], context: "multi-factor" } as const;
  const mfa = "https://refeds.org/profile/mfa";
  const asked = { requestedClassRefs: [mfa], comparison: "exact" } as const;
  const { root } = await answered({ session: { authentication: twoFactors }, wire: asked });
  assert.equal(textOf(root, "AuthnContextClassRef"), mfa);
  const password = await answered();
  assert.match(textOf(password.root, "AuthnContextClassRef"), /:PasswordProtectedTransport$/);
});

test("the participant is how the application knows the session: its NameID and SessionIndex", async () => {
  const { root, participant } = await answered();
  const index = sessionIndexFor("session-1", "app-1");
  assert.equal(only(root, "AuthnStatement").getAttribute("SessionIndex"), index);
  assert.deepEqual(participant, {
    applicationId: "app-1",
    protocol: "saml",
    subject: textOf(root, "NameID"),
    sessionIndex: index,
    lastSignOnMs: NOW_MS,
    wire: {
      format: NAME_ID.persistent,
      nameQualifier: ENTITY_ID,
      spNameQualifier: "https://app.example.com/saml/metadata",
    },
  });
});

test("two applications get different session indexes of one session (SAML Core 2.7.2)", async () => {
  const one = await answered();
  const two = await answered({ application: { id: "app-2" } });
  assert.notEqual(one.participant.sessionIndex, two.participant.sessionIndex);
});

test("an account without attributes to send gets an assertion without AttributeStatement", async () => {
  const release = [{ name: "phone", source: { kind: "account", field: "phone" } }] as const;
  const { root } = await answered({ application: { release } });
  assert.equal(elements(root, "AttributeStatement").length, 0);
});

test("B11 e-mail asked of an account without one: nothing is answered but that the policy cannot be met", async () => {
  const made = await samlResponder(RING).respond({
    request: signOnRequest({ nameIdPolicy: { format: NAME_ID.emailAddress, allowCreate: true } }),
    application: samlApplication(),
    account: account({ email: undefined }),
    session: session(),
    grant: undefined,
    scopes: [],
  });
  assert.equal("refused" in made && made.refused, "name-id-policy-not-possible");
});

test("a changed mapping is used at the next sign-on: what was prepared belongs to the old application object", async () => {
  const responder = samlResponder(RING);
  const before = await answered({ responder });
  assert.equal(elements(before.root, "Attribute").length, 7);
  const release = [{ name: "only", source: { kind: "account", field: "username" } }] as const;
  const after = await answered({ responder, application: { release } });
  assert.equal(only(after.root, "Attribute").getAttribute("Name"), "only");
});

test("without a signing key nothing leaves: unavailable", async () => {
  const responder = samlResponder(keyRingOf());
  await assert.rejects(answered({ responder }), Unavailable);
  await assert.rejects(responder.refuse(signOnRequest(), samlApplication(), "access-denied"), Unavailable);
});

const BROKEN_WIRES: readonly unknown[] = [
  undefined,
  null,
  {},
  { acsBinding: "x" },
  { acsBinding: "x", requestedClassRefs: "y" },
  { acsBinding: "x", requestedClassRefs: [], comparison: "loosely" },
  { acsBinding: "x", requestedClassRefs: [], requestId: 7 },
];

for (const wire of BROKEN_WIRES) {
  test(`a parked request with the SAML half ${JSON.stringify(wire)} is answered by an error, never by an assertion`, async () => {
    const request = { ...signOnRequest(), wire };
    await assert.rejects(samlResponder(RING).refuse(request, samlApplication(), "access-denied"));
  });
}

test("a request of the other protocol is refused as the bug that it is", async () => {
  const request = { ...signOnRequest(), protocol: "oidc" as const };
  await assert.rejects(samlResponder(RING).refuse(request, samlApplication(), "access-denied"), TypeError);
});
