import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createAccount } from "../../../src/account/create-account.ts";
import { registerClient } from "../../../src/admin/acts/register-client.ts";
import { readConfig } from "../../../src/config.ts";
import { openParts } from "../../../src/parts.ts";
import { sha256 } from "../../../src/platform/digest.ts";
import { silentLog } from "../../../src/platform/log.ts";
import { systemRandom } from "../../../src/platform/random.ts";
import { createApp } from "../../../src/server.ts";
import { OWNER } from "../../admin/acts-installation.ts";
import { temporaryFolder } from "../../fixtures/children.ts";
import { TestClock } from "../../fixtures/clock.ts";
import { authorization, VERIFIER } from "../../fixtures/oidc/authorization.ts";
import { TestBrowser } from "../../login/test-browser.ts";

const PASSWORD = "open-the-gate-of-this-test";
const SECRET = "a-secret-of-this-test-0123456789abcdef";

const folder = temporaryFolder("stored-values");
/** Everything that lets somebody in, as who holds it has it. */
const held = new Map<string, string>();
let close: () => Promise<void>;

before(async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const url = `http://127.0.0.1:${address.port}`;
  const config = readConfig({
    GATEHOUSE_ISSUER: url,
    GATEHOUSE_SECRET: SECRET,
    GATEHOUSE_CERTS: "/nowhere",
    DATABASE_URL: `sqlite:${join(folder, "gatehouse.db")}`,
  });
  const parts = await openParts(config, { clock: new TestClock(), random: systemRandom, log: silentLog });
  server.on(
    "request",
    createApp(parts, () => true),
  );
  close = async () => {
    server.closeAllConnections();
    server.close();
    await parts.close();
  };
  const { stores, audit, applications, accounts, hasher, clock, random } = parts;
  const created = await createAccount(
    { username: "alice", password: PASSWORD },
    { store: stores.durable.accounts, hasher, clock, random },
  );
  assert.equal(created.kind, "created");
  accounts.invalidate();
  const announce = async () => await applications.reload();
  const acts = { store: stores.durable, audit, announce, clock, random };
  const client = await registerClient(acts, OWNER, { name: "Wiki", redirectUris: [`${url}/their-callback`] });
  assert.ok(client.ok && client.clientSecret !== undefined);
  held.set("password", PASSWORD).set("client secret", client.clientSecret).set("sealing secret", SECRET);
  await signOn(url, client.application.id, client.clientSecret);
  await parts.audit.flush();
});

after(async () => await close());

/** A login, a code, its tokens, one refresh, and a code and a pushed address that nobody uses. */
async function signOn(url: string, clientId: string, secret: string): Promise<void> {
  const browser = new TestBrowser(url);
  await browser.get("/login");
  await browser.logIn("alice", PASSWORD);
  const session = browser.cookie("gatehouse") ?? "";
  // express-session signs what it puts into the cookie: the id is what stands before the signature.
  held.set("session id", /^s(?:%3A|:)([\w-]+)/.exec(session)?.[1] ?? "");
  const form = authorization({ client_id: clientId, redirect_uri: `${url}/their-callback` });
  const scope = "openid profile offline_access";
  const query = new URLSearchParams({ ...form, scope }).toString();
  const headers = { authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString("base64")}` };
  const post = async (path: string, body: Readonly<Record<string, string>>) => {
    const answer = await fetch(url + path, { method: "POST", headers, body: new URLSearchParams(body) });
    return (await answer.json()) as Readonly<Record<string, string>>;
  };
  const code = async () => {
    const { path } = await browser.get(`/oauth2/authorize?${query}`);
    return new URL(path, url).searchParams.get("code") ?? "";
  };
  const spent = await code();
  const grant = { grant_type: "authorization_code", redirect_uri: `${url}/their-callback` };
  const first = await post("/oauth2/token", { ...grant, code: spent, code_verifier: VERIFIER });
  const again = { grant_type: "refresh_token", refresh_token: first["refresh_token"] ?? "" };
  const second = await post("/oauth2/token", again);
  const pushed = await post("/oauth2/par", { ...form, scope });
  held.set("spent code", spent).set("code", await code());
  held.set("access token", first["access_token"] ?? "");
  held.set("refresh token", first["refresh_token"] ?? "");
  held.set("next access token", second["access_token"] ?? "");
  held.set("next refresh token", second["refresh_token"] ?? "");
  held.set("ID token", first["id_token"] ?? "");
  held.set("pushed address", (pushed["request_uri"] ?? "").split(":").at(-1) ?? "");
}

/** Every byte of both stores, the write-ahead logs included. */
function stored(): Buffer {
  const files = readdirSync(folder).filter((name) => name.includes(".db"));
  assert.ok(files.length >= 2, files.join(" "));
  return Buffer.concat(files.map((name) => readFileSync(join(folder, name))));
}

describe("what lets somebody in (OA-22)", () => {
  for (const name of [
    "password",
    "sealing secret",
    "client secret",
    "session id",
    "spent code",
    "code",
    "access token",
    "refresh token",
    "next access token",
    "next refresh token",
    "ID token",
    "pushed address",
  ]) {
    test(`stands in neither store as it is: ${name}`, () => {
      const value = held.get(name) ?? "";
      assert.ok(value.length >= 20, `${name}: “${value}” was not held`);
      assert.equal(stored().includes(value), false);
      // Nor without its recognisable prefix.
      assert.equal(stored().includes(value.replace(/^gth_[a-z]+_/, "")), false);
    });
  }

  test("stands there as a hash, so the files that are looked at are the right ones", () => {
    for (const name of ["client secret", "next refresh token"]) {
      assert.ok(stored().includes(sha256(held.get(name) ?? "")), name);
    }
  });
});
