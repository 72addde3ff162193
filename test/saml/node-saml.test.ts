import assert from "node:assert/strict";
import { test } from "node:test";
import { SAML, type SamlConfig, ValidateInResponseTo } from "@node-saml/node-saml";
import type { SamlApplication } from "../../src/model/application.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { LogoutMessages } from "../../src/saml/logout-message.ts";
import { nameIdOf } from "../../src/saml/name-id.ts";
import { NAME_ID } from "../../src/saml/namespaces.ts";
import { SUCCESS } from "../../src/saml/status.ts";
import {
  ACS,
  account,
  encryptionPair,
  ENTITY_ID,
  ISSUER,
  keyRingOf,
  samlApplication,
  samlResponder,
  session,
  signingKey,
  signOnRequest,
} from "../fixtures/saml/installation.ts";
import { toPem } from "../fixtures/saml/judges.ts";
import { posted, responded } from "../fixtures/saml/reading.ts";

const KEY = signingKey("RSA-2048");
const RING = keyRingOf(KEY);
const PAIR = encryptionPair();
const CLOCK = { nowMs: () => Date.now() };
const SLO = "https://app.example.com/saml/slo";

/** The service provider side of node-saml, with every check that it has switched on. */
function serviceProvider(changes: Partial<SamlConfig> = {}): SAML {
  return new SAML({
    issuer: "https://app.example.com/saml/metadata",
    callbackUrl: ACS,
    idpCert: toPem(KEY.certificate),
    idpIssuer: ENTITY_ID,
    audience: "https://app.example.com/saml/metadata",
    wantAssertionsSigned: true,
    wantAuthnResponseSigned: false,
    validateInResponseTo: ValidateInResponseTo.never,
    logoutUrl: `${ISSUER}/saml/slo`,
    ...changes,
  });
}

async function answer(
  changes: Partial<SamlApplication>,
  responder = samlResponder(RING, { clock: CLOCK, random: systemRandom }),
) {
  const made = await responder.respond({
    request: signOnRequest({ nameIdPolicy: { format: NAME_ID.emailAddress, allowCreate: true } }),
    application: samlApplication(changes),
    account: account(),
    session: session({ startedAtMs: Date.now() }),
    grant: undefined,
    scopes: [],
  });
  const { reply, participant } = responded(made);
  return { form: { SAMLResponse: posted(reply)["SAMLResponse"] ?? "" }, participant };
}

const SHAPES: readonly { name: string; changes: Partial<SamlApplication>; config: Partial<SamlConfig> }[] = [
  { name: "a signed assertion", changes: {}, config: {} },
  {
    name: "a signed response",
    changes: { signAssertion: false, signResponse: true },
    config: { wantAssertionsSigned: false, wantAuthnResponseSigned: true },
  },
  { name: "both signed", changes: { signResponse: true }, config: { wantAuthnResponseSigned: true } },
  { name: "RSA-SHA512", changes: { signatureAlgorithm: "rsa-sha512" }, config: {} },
  {
    name: "a signed and encrypted assertion",
    changes: { encryptAssertion: true, encryptionKeys: [PAIR.key] },
    config: { decryptionPvk: PAIR.privateKeyPem },
  },
  {
    name: "a signed response around a signed and encrypted assertion",
    changes: { encryptAssertion: true, encryptionKeys: [PAIR.key], signResponse: true },
    config: { decryptionPvk: PAIR.privateKeyPem, wantAuthnResponseSigned: true },
  },
];

for (const { name, changes, config } of SHAPES) {
  test(`node-saml logs alice in by ${name}, with her attributes`, async () => {
    const { form } = await answer(changes);
    const { profile } = await serviceProvider(config).validatePostResponseAsync(form);
    assert.equal(profile?.nameID, "alice@example.org");
    assert.equal(profile.issuer, ENTITY_ID);
    assert.equal(profile["urn:oid:2.16.840.1.113730.3.1.241"], "Alice Example");
    assert.deepEqual(profile["urn:oid:1.3.6.1.4.1.5923.1.5.1.1"], ["staff", "wiki-editors"]);
  });
}

const REFUSED: readonly { name: string; config: Partial<SamlConfig> }[] = [
  { name: "another audience", config: { audience: "https://other.example.com" } },
  { name: "another key", config: { idpCert: toPem(signingKey("RSA-2048").certificate) } },
  { name: "a signed response that it does not get", config: { wantAuthnResponseSigned: true } },
];

for (const { name, config } of REFUSED) {
  test(`node-saml refuses the same answer where it expects ${name}`, async () => {
    const { form } = await answer({});
    await assert.rejects(serviceProvider(config).validatePostResponseAsync(form));
  });
}

test("node-saml reports a refusal as the status that it is", async () => {
  const request = signOnRequest();
  const reply = await samlResponder(RING, { clock: CLOCK }).refuse(
    request,
    samlApplication(),
    "login-required",
  );
  const form = { SAMLResponse: posted(reply)["SAMLResponse"] ?? "" };
  // For NoPassive node-saml has an answer of its own: nobody is logged in.
  assert.equal((await serviceProvider().validatePostResponseAsync(form)).profile, null);
  const denied = await samlResponder(RING, { clock: CLOCK }).refuse(
    request,
    samlApplication(),
    "access-denied",
  );
  const deniedForm = { SAMLResponse: posted(denied)["SAMLResponse"] ?? "" };
  await assert.rejects(
    serviceProvider().validatePostResponseAsync(deniedForm),
    /may not use this application/,
  );
});

test("node-saml accepts our LogoutRequest by POST and finds its user and session in it", async () => {
  const { participant } = await answer({});
  const messages = new LogoutMessages({ issuer: ISSUER, keyRing: RING, clock: CLOCK, random: systemRandom });
  const to = { application: samlApplication(), binding: "post", location: SLO } as const;
  const { message } = messages.request(to, {
    nameId: nameIdOf(participant),
    sessionIndexes: [participant.sessionIndex],
  });
  assert.ok(message.kind === "post");
  const { profile, loggedOut } = await serviceProvider().validatePostRequestAsync({
    SAMLRequest: message.fields["SAMLRequest"] ?? "",
  });
  assert.equal(loggedOut, true);
  assert.equal(profile?.nameID, "alice@example.org");
  assert.equal(profile.sessionIndex, participant.sessionIndex);
});

test("node-saml accepts our LogoutResponse by Redirect, over the query as it was sent", async () => {
  const messages = new LogoutMessages({ issuer: ISSUER, keyRing: RING, clock: CLOCK, random: systemRandom });
  const to = {
    application: samlApplication(),
    binding: "redirect",
    location: SLO,
    relayState: "a+b c",
  } as const;
  const message = messages.response(to, { inResponseTo: "_asked", status: SUCCESS });
  assert.ok(message.kind === "get");
  const query = message.url.slice(message.url.indexOf("?") + 1);
  const parameters = Object.fromEntries(new URLSearchParams(query));
  const { loggedOut } = await serviceProvider().validateRedirectAsync(parameters, query);
  assert.equal(loggedOut, true);
  const forged = query.replace("RelayState=a", "RelayState=b");
  const forgedParameters = Object.fromEntries(new URLSearchParams(forged));
  await assert.rejects(serviceProvider().validateRedirectAsync(forgedParameters, forged), /signature/i);
});
