import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { DEMO_PASSWORD } from "../../examples/parts/demo-installation.ts";
import { registerClient } from "../../src/admin/acts/register-client.ts";
import { registerServiceProvider } from "../../src/admin/acts/register-service-provider.ts";
import { withInstallation } from "../../src/cli/installation.ts";
import { eventually } from "../fixtures/eventually.ts";
import { skipWithout, startPostgres, startRedis } from "../fixtures/servers.ts";
import { HttpBrowser } from "./http-browser.ts";
import { startInstallation, type TestInstallation } from "./installation.ts";

interface Client {
  readonly id: string;
  readonly secret: string;
}

interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

const REDIRECT_URI = "https://rp.example/callback";
const VERIFIER = randomBytes(32).toString("base64url");
const EACH = 10;

// What only one of many may get, asked for by many at the same moment, at two processes.
describe("races at two processes, on Redis and PostgreSQL", {
  skip: skipWithout("redis") || skipWithout("postgres"),
}, () => {
  const undo: (() => Promise<void>)[] = [];
  let installation: TestInstallation;
  let clients: readonly Client[];
  let browser: HttpBrowser;

  before(async () => {
    const redis = await startRedis();
    undo.push(async () => await redis.stop());
    const postgres = await startPostgres();
    undo.push(async () => await postgres.stop());
    const stores = { redisUrl: redis.url, databaseUrl: await postgres.freshDatabase() };
    installation = await startInstallation({ processes: 2, stores });
    undo.push(async () => await installation.stop());
    clients = await registerTwenty();
    browser = new HttpBrowser();
    const form = await browser.open(`${installation.gatehouse}/login`);
    await browser.send(form, { username: "bob", password: DEMO_PASSWORD }, 'name="password"');
  });
  after(async () => {
    for (const step of undo.toReversed()) await step();
  });

  test("of 200 sign-ons of one session to 20 applications at once, all 20 participants are recorded", async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const number = Math.floor(index / 2) % EACH;
        const url = index % 2 === 0 ? authorizationUrl(clients[number]?.id ?? "") : signOnUrl(number);
        const response = await browser.request(url);
        return { response, text: await response.text() };
      }),
    );
    for (const { response, text } of answers) {
      const signedOn =
        response.headers.get("location")?.includes("code=") === true || text.includes('name="SAMLResponse"');
      assert.ok(signedOn, `${response.status} ${text.slice(0, 300)}`);
    }
    const participants = await participantsOfBob();
    assert.equal(new Set(participants).size, 20);
    assert.equal(participants.length, 20);
  });

  test("CF-29, OA-20: of one code presented 50 times at once one is redeemed, and the reuse revokes its tokens", async () => {
    const code = await newCode(clients[0]);
    const answers = await Promise.all(Array.from({ length: 50 }, async () => await redeem(clients[0], code)));
    const redeemed = answers.filter(({ status }) => status === 200);
    assert.equal(redeemed.length, 1);
    for (const { status, body } of answers.filter((one) => one.status !== 200)) {
      assert.equal(status, 400);
      assert.equal(body["error"], "invalid_grant");
    }
    const accessToken = String(redeemed[0]?.body["access_token"]);
    // At either process.
    for (const { port } of installation.processes) {
      assert.equal(await userinfoStatus(`http://127.0.0.1:${port}`, accessToken), 401);
    }
    const refreshed = await refresh(clients[0], String(redeemed[0]?.body["refresh_token"]));
    assert.equal(refreshed.body["error"], "invalid_grant");
  });

  test("OA-31: one refresh token presented 50 times at once leaves one live family at most", async () => {
    const { refreshToken } = await newTokens(clients[1]);
    const answers = await Promise.all(
      Array.from({ length: 50 }, async () => await refresh(clients[1], refreshToken)),
    );
    const successors = new Set(
      answers.filter(({ status }) => status === 200).map(({ body }) => String(body["refresh_token"])),
    );
    assert.ok(successors.size <= 1, `${successors.size} different successors`);
    for (const { status, body } of answers.filter((one) => one.status !== 200)) {
      assert.equal(status, 400);
      assert.equal(body["error"], "invalid_grant");
    }
  });

  test("a code is worth nothing to another client, and is still good for its own", async () => {
    const code = await newCode(clients[2]);
    assert.equal((await redeem(clients[3], code)).body["error"], "invalid_grant");
    assert.equal((await redeem(clients[2], code)).status, 200);
  });

  test("a logout while 50 sign-ons are under way leaves no token that works", async () => {
    const other = new HttpBrowser();
    const form = await other.open(`${installation.gatehouse}/login`);
    await other.send(form, { username: "alice", password: DEMO_PASSWORD }, 'name="password"');
    const before = await newTokens(clients[4], other);
    const logout = await other.open(`${installation.gatehouse}/logout`);
    // As they are now: the logout takes them away from the browser, and an attacker would have kept them.
    const cookie = [...other.cookiesOf(installation.gatehouse)].map((pair) => pair.join("=")).join("; ");
    const [late] = await Promise.all([
      Promise.all(Array.from({ length: 50 }, async () => await tryTokens(clients[4], cookie))),
      other.send(logout, {}, 'method="post"'),
    ]);
    for (const tokens of [before, ...late]) {
      if (tokens === undefined) continue;
      assert.equal(await userinfoStatus(installation.gatehouse, tokens.accessToken), 401);
      assert.equal((await refresh(clients[4], tokens.refreshToken)).body["error"], "invalid_grant");
    }
  });

  /** Ten clients and ten service providers, registered beside the running processes. */
  async function registerTwenty(): Promise<readonly Client[]> {
    const { environment } = installation;
    const made = await withInstallation({ environment, user: "test" }, async ({ acts, actor }) => {
      const found: Client[] = [];
      for (let number = 0; number < EACH; number++) {
        const provider = await registerServiceProvider(acts, actor, { xml: metadata(number) });
        assert.ok(provider.ok);
        const client = await registerClient(acts, actor, {
          name: `Client ${number}`,
          redirectUris: [REDIRECT_URI],
          grantTypes: ["authorization_code", "refresh_token"],
        });
        assert.ok(client.ok);
        found.push({ id: client.application.id, secret: client.clientSecret ?? "" });
      }
      return found;
    });
    const last = made.at(-1)?.id ?? "";
    await eventually(async () => {
      for (const { port } of installation.processes) {
        const url = authorizationUrl(last).replace(installation.gatehouse, `http://127.0.0.1:${port}`);
        assert.equal((await fetch(url, { redirect: "manual" })).status, 303);
      }
    });
    return made;
  }

  function authorizationUrl(clientId: string): string {
    const query = new URLSearchParams({
      client_id: clientId,
      redirect_uri: REDIRECT_URI,
      response_type: "code",
      scope: "openid profile email",
      state: "s",
      code_challenge: createHash("sha256").update(VERIFIER).digest("base64url"),
      code_challenge_method: "S256",
    });
    return `${installation.gatehouse}/oauth2/authorize?${query.toString()}`;
  }

  function signOnUrl(number: number): string {
    const xml = `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_${randomBytes(16).toString("hex")}" Version="2.0" IssueInstant="${new Date().toISOString()}" Destination="${installation.gatehouse}/saml/sso"><saml:Issuer>${entityId(number)}</saml:Issuer></samlp:AuthnRequest>`;
    const query = new URLSearchParams({ SAMLRequest: deflateRawSync(xml).toString("base64") });
    return `${installation.gatehouse}/saml/sso?${query.toString()}`;
  }

  async function newCode(client: Client | undefined, from = browser): Promise<string> {
    const response = await from.request(authorizationUrl(client?.id ?? ""));
    const code = new URL(response.headers.get("location") ?? "").searchParams.get("code");
    assert.ok(code, `no code came: ${response.status}`);
    return code;
  }

  async function newTokens(client: Client | undefined, from = browser): Promise<Tokens> {
    const { status, body } = await redeem(client, await newCode(client, from));
    assert.equal(status, 200);
    return { accessToken: String(body["access_token"]), refreshToken: String(body["refresh_token"]) };
  }

  /** Tokens, if the session still gives any. */
  async function tryTokens(client: Client | undefined, cookie: string): Promise<Tokens | undefined> {
    const init: RequestInit = { headers: { Cookie: cookie }, redirect: "manual" };
    const response = await fetch(authorizationUrl(client?.id ?? ""), init);
    const location = response.headers.get("location") ?? "";
    const code = URL.canParse(location) ? new URL(location).searchParams.get("code") : null;
    if (code === null) return undefined;
    const { status, body } = await redeem(client, code);
    if (status !== 200) return undefined;
    return { accessToken: String(body["access_token"]), refreshToken: String(body["refresh_token"]) };
  }

  async function redeem(client: Client | undefined, code: string) {
    return await token(client, {
      grant_type: "authorization_code",
      code,
      redirect_uri: REDIRECT_URI,
      code_verifier: VERIFIER,
    });
  }

  async function refresh(client: Client | undefined, refreshToken: string) {
    return await token(client, { grant_type: "refresh_token", refresh_token: refreshToken });
  }

  async function token(client: Client | undefined, fields: Readonly<Record<string, string>>) {
    const basic = Buffer.from(`${client?.id ?? ""}:${client?.secret ?? ""}`).toString("base64");
    const response = await fetch(`${installation.gatehouse}/oauth2/token`, {
      method: "POST",
      headers: { Authorization: `Basic ${basic}` },
      body: new URLSearchParams(fields),
    });
    const body: unknown = await response.json();
    assert.ok(typeof body === "object" && body !== null);
    return { status: response.status, body: Object.fromEntries(Object.entries(body)) };
  }

  async function participantsOfBob(): Promise<readonly string[]> {
    const { environment } = installation;
    return await withInstallation({ environment, user: "test" }, async ({ parts }) => {
      const bob = await parts.stores.durable.accounts.findByLoginName("bob");
      const [session, ...others] = await parts.sessions.listByAccount(bob?.id ?? "");
      assert.ok(session);
      assert.deepEqual(others, []);
      return (await parts.participants.list(session.id)).map((one) => one.applicationId);
    });
  }
});

async function userinfoStatus(origin: string, accessToken: string): Promise<number> {
  const response = await fetch(`${origin}/oauth2/userinfo`, {
    headers: { Authorization: `Bearer ${accessToken}` },
  });
  await response.body?.cancel();
  return response.status;
}

function entityId(number: number): string {
  return `https://sp-${number}.example/saml/metadata`;
}

function metadata(number: number): string {
  return `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entityId(number)}"><md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:AssertionConsumerService index="0" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://sp-${number}.example/saml/acs"/></md:SPSSODescriptor></md:EntityDescriptor>`;
}
