import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import type { LogoutTarget } from "../../src/flow/logout-channel.ts";
import type { SamlApplication, SamlEndpoint } from "../../src/model/application.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { LogoutMessages } from "../../src/saml/logout-message.ts";
import { BINDING, NAME_ID, SOAP } from "../../src/saml/namespaces.ts";
import { SamlLogoutChannel } from "../../src/saml/saml-logout-channel.ts";
import { VerificationKeys } from "../../src/saml/verification-keys.ts";
import {
  logoutResponse,
  type ServiceProvider,
  serviceProvider,
  signed,
  status,
} from "../attack/saml/service-provider.ts";
import { ENTITY_ID, ISSUER, keyRingOf, NOW_MS, signingKey } from "../fixtures/saml/installation.ts";
import { attributeOf, sentMessage } from "./answers.ts";

const redirect = { binding: BINDING.redirect, location: "https://mail.example.com/slo?keep=1" };
const post = { binding: BINDING.post, location: "https://mail.example.com/slo/post" };
const soap = { binding: BINDING.soap, location: "https://mail.example.com/soap" };
const keyRing = keyRingOf(signingKey("RSA-2048"));

let posted: { url: string; body: string; headers: Readonly<Record<string, string>> }[];
let answerWith: (body: string) => Promise<{ status: number; body: string }>;
let channel: SamlLogoutChannel;
let accepted: unknown[];

beforeEach(() => {
  posted = [];
  accepted = [];
  answerWith = async () => await Promise.reject(new Error("nobody listens"));
  channel = new SamlLogoutChannel({
    messages: new LogoutMessages({
      issuer: ISSUER,
      keyRing,
      random: systemRandom,
      clock: { nowMs: () => NOW_MS },
    }),
    keys: new VerificationKeys(),
    keyUse: { accepted: (...note) => void accepted.push(note) },
    post: async (url, body, headers) => {
      posted.push({ url, body, headers });
      return await answerWith(body);
    },
  });
});

function provider(...singleLogoutServices: readonly SamlEndpoint[]): ServiceProvider {
  return serviceProvider("mail", { singleLogoutServices });
}

function target(application: SamlApplication): LogoutTarget {
  return {
    application,
    receiptId: "LO-TEST-TEST",
    participant: {
      applicationId: application.id,
      protocol: "saml",
      subject: "alice@example.org",
      sessionIndex: "_index",
      lastSignOnMs: NOW_MS,
      wire: { format: NAME_ID.persistent, nameQualifier: ENTITY_ID, spNameQualifier: application.entityId },
    },
  };
}

describe("how an application is told", () => {
  for (const [name, services, expected] of [
    ["SOAP goes before all others", [redirect, post, soap], "back"],
    ["Redirect is the browser's", [redirect], "front"],
    ["POST is the browser's", [post], "front"],
    ["nothing registered is none", [], "none"],
  ] as const) {
    test(`${name}: ${expected}`, () => {
      assert.equal(channel.channelOf(provider(...services).application), expected);
    });
  }

  test("by Redirect where both are registered, signed, with the identifier that the application was given", async () => {
    const { message, messageId } = await channel.message(target(provider(post, redirect).application));
    assert.ok(message.kind === "get");
    const { xml, to } = sentMessage({ kind: "redirect", location: message.url });
    assert.equal(to, "https://mail.example.com/slo");
    assert.match(
      message.url,
      /^https:\/\/mail\.example\.com\/slo\?keep=1&SAMLRequest=.*&SigAlg=.*&Signature=/,
    );
    assert.equal(attributeOf(xml, "ID"), messageId);
    assert.match(
      xml,
      new RegExp(
        `<saml:NameID [^>]*Format="${NAME_ID.persistent}" NameQualifier="${ENTITY_ID}" SPNameQualifier="https://mail.example.com/metadata">alice@example.org</saml:NameID>`,
      ),
    );
    assert.match(xml, /<samlp:SessionIndex>_index<\/samlp:SessionIndex>/);
    assert.ok(Date.parse(attributeOf(xml, "NotOnOrAfter") ?? "") > NOW_MS);
  });

  test("by POST where that is all", async () => {
    const { message } = await channel.message(target(provider(post).application));
    assert.ok(message.kind === "post" && message.action === post.location);
  });

  test("a fresh message each time", async () => {
    const to = target(provider(redirect).application);
    assert.notEqual((await channel.message(to)).messageId, (await channel.message(to)).messageId);
  });
});

/** The application's SOAP answer; `change` is made before the envelope goes around it. */
function soapAnswer(sp: ServiceProvider, change = (xml: string) => xml, ...codes: readonly string[]) {
  return async (request: string) => {
    const xml = logoutResponse(sp, "_answer", {
      attributes: { InResponseTo: attributeOf(request, "ID") },
      body: status(...(codes.length === 0 ? ["Success"] : codes)),
    });
    return await Promise.resolve({ status: 200, body: envelope(change(xml)) });
  };
}

function envelope(content: string): string {
  return `<s:Envelope xmlns:s="${SOAP}"><s:Header/><s:Body>${content}</s:Body></s:Envelope>`;
}

describe("told by SOAP", () => {
  const sp = provider(soap);

  test("the request is one signed message in a SOAP body, with the headers that SOAP demands", async () => {
    answerWith = soapAnswer(sp);
    await channel.tell(target(sp.application));
    const [{ url, body, headers } = { url: "", body: "", headers: {} }] = posted;
    assert.equal(url, soap.location);
    assert.match(body, /<soap:Body><samlp:LogoutRequest .*<ds:Signature /);
    assert.match(String(headers["Content-Type"]), /^text\/xml/);
    assert.ok(headers["SOAPAction"] !== undefined);
  });

  for (const [name, change, codes, expected] of [
    ["signed, Success", (xml: string) => signed(xml, sp), [], "signed-out"],
    ["unsigned over https, Success", (xml: string) => xml, [], "signed-out"],
    ["UnknownPrincipal", (xml: string) => xml, ["Requester", "UnknownPrincipal"], "already-gone"],
    ["an error", (xml: string) => xml, ["Responder"], "refused"],
    [
      "a signature that was broken",
      (xml: string) => signed(xml, sp).replace("Success", "Responder"),
      [],
      "refused",
    ],
    ["a signature by another key", (xml: string) => signed(xml, serviceProvider("evil")), [], "refused"],
    [
      "another InResponseTo",
      (xml: string) => xml.replace(/InResponseTo="[^"]*"/, 'InResponseTo="_x"'),
      [],
      "refused",
    ],
    [
      "another Issuer",
      (xml: string) => xml.replace("mail.example.com/metadata", "evil.example.com/metadata"),
      [],
      "refused",
    ],
    ["a SOAP fault", () => "<s:Fault><faultcode>s:Server</faultcode></s:Fault>", [], "refused"],
    ["two messages", (xml: string) => xml + xml.replace(/ ID="[^"]*"/, ""), [], "refused"],
    ["an empty body", () => "", [], "refused"],
    ["a DOCTYPE inside", (xml: string) => `<!DOCTYPE x>${xml}`, [], "refused"],
  ] as const) {
    test(`${name}: ${expected}`, async () => {
      answerWith = soapAnswer(sp, change, ...codes);
      assert.equal((await channel.tell(target(sp.application))).outcome, expected);
      const proof = [sp.application.id, keyRing.active("RSA-2048").id, "logout-answered"];
      assert.deepEqual(accepted, expected === "signed-out" ? [proof] : []);
    });
  }

  for (const [status, passing] of [
    [500, true],
    [503, true],
    [429, true],
    [404, false],
    [501, false],
  ] as const) {
    const further = passing ? "is tried again" : "is not tried again";
    test(`an answer with HTTP status ${status} is refused, whatever is in it, and ${further}`, async () => {
      answerWith = async (request) => ({ ...(await soapAnswer(sp)(request)), status });
      assert.deepEqual(await channel.tell(target(sp.application)), {
        outcome: "refused",
        detail: `HTTP status ${status}`,
        passing,
      });
    });
  }

  test("an unsigned answer over plain http from another machine confirms nothing", async () => {
    const plain = provider({ ...soap, location: "http://mail.example.com/soap" });
    answerWith = soapAnswer(plain);
    assert.equal((await channel.tell(target(plain.application))).outcome, "refused");
    answerWith = soapAnswer(plain, (xml) => signed(xml, plain));
    assert.equal((await channel.tell(target(plain.application))).outcome, "signed-out");
  });

  test("a connection that fails is unreachable, and tried again", async () => {
    const result = await channel.tell(target(sp.application));
    assert.deepEqual(result, { outcome: "unreachable", passing: true });
  });

  test("an application that says no is not asked again", async () => {
    answerWith = soapAnswer(sp, undefined, "Responder");
    assert.notEqual((await channel.tell(target(sp.application))).passing, true);
  });

  test("SA-64 silence is no answer, after five seconds, and tried again", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    answerWith = async () => await new Promise(() => undefined);
    const told = channel.tell(target(sp.application));
    await Promise.resolve();
    t.mock.timers.tick(5_000);
    assert.deepEqual(await told, { outcome: "no-answer", passing: true });
  });
});
