import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import { after, before, beforeEach, describe, test } from "node:test";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { createSamlApplication } from "../../examples/saml-application.ts";
import { selfSignedCertificate } from "../../src/keys/certificate.ts";
import {
  type AnswerParts,
  BEARER,
  listenAnywhere,
  type LogoutParts,
  PretendedProvider,
  RSA_SHA256,
  SUCCESS,
} from "./pretended-provider.ts";

// The library verifies signatures and checks little else. Each refusal here is an input that it takes by itself.
const provider = new PretendedProvider();
const strangersKey = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
let server: Server;
let base = "";
let cookies = new Map<string, string>();

before(async () => {
  await provider.start();
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const der = selfSignedCertificate("RSA-2048", privateKey, "Wiki", Date.now(), randomBytes(15));
  server = createServer();
  base = `http://127.0.0.1:${await listenAnywhere(server)}`;
  const application = createSamlApplication({
    baseUrl: base,
    gatehouse: provider.url,
    otherUrl: "http://localhost:1",
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    certificate: `-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----\n`,
  });
  server.on("request", application);
});

after(async () => {
  server.close();
  server.closeAllConnections();
  await provider.stop();
});

beforeEach(() => {
  cookies = new Map();
});

describe("a login at the SAML application", () => {
  test("an honest answer logs the person in, and everything that came is shown as text", async () => {
    const requestId = await beginLogin();
    const response = await deliver(honest(requestId));
    assert.equal(response.status, 303);
    const page = await (await get("/")).text();
    assert.match(page, /Hello, Alice &#60;Example&#62;/);
    assert.match(page, /alice@example\.org/);
    assert.match(page, /session-1/);
    assert.match(page, /urn:oid:0\.9\.2342\.19200300\.100\.1\.3/);
    assert.doesNotMatch(page, /<Example>/);
  });

  const lies: readonly (readonly [what: string, lie: (requestId: string) => Partial<AnswerParts>])[] = [
    ["is meant for another address", () => ({ destination: "https://other.example/saml/acs" })],
    ["is for another recipient", () => ({ recipient: "https://other.example/saml/acs" })],
    ["is for another audience", () => ({ audience: "https://other.example/saml/metadata" })],
    ["answers a request that nobody made", () => ({ inResponseTo: "_x", confirmedRequest: "_x" })],
    ["confirms another request than it answers", () => ({ confirmedRequest: "_x" })],
    ["has no confirmation", () => ({ withConfirmation: false })],
    ["is for the holder of a key", () => ({ method: "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key" })],
    ["says that the login failed", () => ({ status: "urn:oasis:names:tc:SAML:2.0:status:Responder" })],
    ["is of version 1.1", () => ({ version: "1.1" })],
    ["is of another identity provider", () => ({ issuer: "https://other.example/saml/metadata" })],
    ["has expired", () => ({ expiresInMs: -10 * 60_000 })],
    ["is signed by a stranger", () => ({ key: strangersKey })],
    ["is not signed", () => ({ signature: "none" })],
    ["is signed with SHA-1", () => ({ signature: "rsa-sha1" })],
    ["begins with a document type", () => ({ prologue: "<!DOCTYPE x>" })],
    ["hides a comment in the name", () => ({ nameId: "admin<!-- -->.evil" })],
    ["hides a processing instruction in the name", () => ({ nameId: "<?p not-?>admin" })],
    ["carries 8,000 elements", () => ({ filling: "<x/>".repeat(8_000) })],
  ];
  for (const [what, lie] of lies) {
    test(`an answer that ${what} logs nobody in`, async () => {
      const requestId = await beginLogin();
      const startedMs = performance.now();
      const response = await deliver({ ...honest(requestId), ...lie(requestId) });
      assert.equal(response.status, 400);
      assert.match(await response.text(), /did not log you in/);
      await assertNobodyIsLoggedIn();
      // 8,000 elements keep the library busy for seconds.
      assert.ok(performance.now() - startedMs < 1_000);
    });
  }

  test("an answer that is delivered twice counts once", async () => {
    const answer = honest(await beginLogin());
    const message = provider.answer(answer);
    assert.equal((await post("/saml/acs", { SAMLResponse: message })).status, 303);
    assert.equal((await post("/saml/acs", { SAMLResponse: message })).status, 400);
  });

  test("an answer to the request of another browser logs nobody in", async () => {
    const requestId = await beginLogin();
    cookies = new Map();
    assert.equal((await deliver(honest(requestId))).status, 400);
    await beginLogin();
    assert.equal((await deliver(honest(requestId))).status, 400);
    await assertNobodyIsLoggedIn();
  });

  test("a message that comes twice in one form is refused", async () => {
    const message = encodeURIComponent(provider.answer(honest(await beginLogin())));
    const response = await send("/saml/acs", `SAMLResponse=${message}&SAMLResponse=${message}`);
    assert.equal(response.status, 400);
    await assertNobodyIsLoggedIn();
  });
});

describe("a logout at the SAML application", () => {
  test("a signed LogoutRequest ends the session, without a cookie, and is answered", async () => {
    await logIn();
    const kept = cookies;
    cookies = new Map();
    const response = await get(`/saml/slo?${provider.logoutQuery(logout(), "session-1")}`);
    assert.equal(response.status, 303);
    const answer = new URL(response.headers.get("location") ?? "");
    assert.equal(answer.origin + answer.pathname, `${provider.url}/saml/slo`);
    assert.equal(answer.searchParams.get("RelayState"), "somewhere");
    assert.ok(answer.searchParams.has("Signature"));
    const xml = inflateRawSync(Buffer.from(answer.searchParams.get("SAMLResponse") ?? "", "base64"));
    assert.match(xml.toString(), /status:Success/);
    cookies = kept;
    await assertNobodyIsLoggedIn();
  });

  test("a LogoutRequest for another session ends nothing, and its answer says so", async () => {
    await logIn();
    const response = await get(`/saml/slo?${provider.logoutQuery(logout(), "session-2")}`);
    const answer = new URL(response.headers.get("location") ?? "").searchParams.get("SAMLResponse");
    const xml = inflateRawSync(Buffer.from(answer ?? "", "base64")).toString();
    assert.match(xml, /status:UnknownPrincipal/);
    assert.match(await (await get("/")).text(), /Hello, Alice/);
  });

  const forged: readonly (readonly [what: string, query: () => string])[] = [
    ["is not signed", () => provider.logoutQuery(logout(), "session-1").replace(/&SigAlg=.*$/, "")],
    [
      "has an empty signature",
      () => provider.logoutQuery(logout(), "session-1").replace(/&Signature=.*$/, "&Signature="),
    ],
    ["is signed by a stranger", () => provider.logoutQuery({ ...logout(), key: strangersKey }, "session-1")],
    [
      "is signed with SHA-1",
      () =>
        provider.logoutQuery(
          { ...logout(), algorithm: "http://www.w3.org/2000/09/xmldsig#rsa-sha1" },
          "session-1",
        ),
    ],
    [
      "is signed with MD5",
      () =>
        provider.logoutQuery(
          { ...logout(), algorithm: "http://www.w3.org/2001/04/xmldsig-more#rsa-md5" },
          "session-1",
        ),
    ],
    [
      "is a forged one behind a genuine one",
      () => {
        const genuine = provider.logoutQuery(logout(), "session-2");
        const forgedOne = provider.logoutQuery({ ...logout(), key: strangersKey }, "session-1");
        return `${genuine}&${forgedOne.split("&")[0] ?? ""}`;
      },
    ],
    [
      "is meant for another address",
      () => provider.logoutQuery({ ...logout(), destination: "https://other.example/slo" }, "session-1"),
    ],
    [
      "is ten minutes old",
      () => provider.logoutQuery({ ...logout(), issuedAtMs: Date.now() - 10 * 60_000 }, "session-1"),
    ],
    [
      "inflates to 8 MB",
      () => `SAMLRequest=${encodeURIComponent(bomb())}&SigAlg=${encodeURIComponent(RSA_SHA256)}&Signature=x`,
    ],
  ];
  for (const [what, query] of forged) {
    test(`a LogoutRequest that ${what} ends nobody's session`, async () => {
      await logIn();
      assert.equal((await get(`/saml/slo?${query()}`)).status, 400);
      assert.match(await (await get("/")).text(), /Hello, Alice/);
    });
  }

  test("a LogoutRequest that comes twice ends the session of today only", async () => {
    const query = provider.logoutQuery(logout(), "session-1");
    assert.equal((await get(`/saml/slo?${query}`)).status, 303);
    await logIn();
    assert.equal((await get(`/saml/slo?${query}`)).status, 400);
    assert.match(await (await get("/")).text(), /Hello, Alice/);
  });

  test("a logout that begins here ends the session before anybody is asked, and its request is signed", async () => {
    await logIn();
    const response = await post("/logout", {});
    const to = new URL(response.headers.get("location") ?? "");
    assert.ok(to.searchParams.has("Signature"));
    const xml = inflateRawSync(Buffer.from(to.searchParams.get("SAMLRequest") ?? "", "base64")).toString();
    assert.match(xml, /<saml2p:SessionIndex[^>]*>session-1</);
    await assertNobodyIsLoggedIn();
  });
});

/** Starts a login in this browser and returns the ID of its AuthnRequest, which must be signed. */
async function beginLogin(): Promise<string> {
  const to = new URL((await get("/login")).headers.get("location") ?? "");
  assert.ok(to.searchParams.has("Signature"));
  const xml = inflateRawSync(Buffer.from(to.searchParams.get("SAMLRequest") ?? "", "base64")).toString();
  return / ID="([^"]+)"/.exec(xml)?.[1] ?? "";
}

async function logIn(): Promise<void> {
  assert.equal((await deliver(honest(await beginLogin()))).status, 303);
}

async function assertNobodyIsLoggedIn(): Promise<void> {
  assert.match(await (await get("/")).text(), /Nobody is logged in here yet/);
}

function honest(requestId: string): AnswerParts {
  return {
    destination: `${base}/saml/acs`,
    recipient: `${base}/saml/acs`,
    audience: `${base}/saml/metadata`,
    inResponseTo: requestId,
    confirmedRequest: requestId,
    status: SUCCESS,
    version: "2.0",
    method: BEARER,
    nameId: "subject-of-alice",
    assertionId: `_${randomBytes(8).toString("hex")}`,
    issuer: provider.entityId,
    signature: "rsa-sha256",
    key: provider.key,
    prologue: "",
    filling: "",
    withConfirmation: true,
    expiresInMs: 5 * 60_000,
  };
}

function logout(): LogoutParts {
  return {
    destination: `${base}/saml/slo`,
    nameId: "subject-of-alice",
    issuedAtMs: Date.now(),
    algorithm: RSA_SHA256,
    key: provider.key,
  };
}

function bomb(): string {
  return deflateRawSync(Buffer.alloc(200 * 1024 * 1024, 0x20))
    .toString("base64")
    .slice(0, 14_000);
}

async function deliver(parts: AnswerParts): Promise<Response> {
  return await post("/saml/acs", { SAMLResponse: provider.answer(parts) });
}

async function post(path: string, fields: Readonly<Record<string, string>>): Promise<Response> {
  return await send(path, new URLSearchParams(fields).toString());
}

async function send(path: string, body: string): Promise<Response> {
  return await browse(path, {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body,
  });
}

async function get(path: string): Promise<Response> {
  return await browse(path, {});
}

/** A request of the test's browser, which keeps cookies and follows nothing by itself. */
async function browse(path: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("Cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "));
  const response = await fetch(`${base}${path}`, { ...init, headers, redirect: "manual" });
  for (const line of response.headers.getSetCookie()) {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    cookies.set(name, value);
  }
  return response;
}
