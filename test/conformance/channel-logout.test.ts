import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { createLocalJWKSet, decodeJwt, jwtVerify } from "jose";
import { z } from "zod";
import { ISSUER } from "../fixtures/oidc/authorization.ts";
import {
  formOf,
  locationOf,
  ownPath,
  type Registered,
  type RelyingParty,
  SiteBrowser,
  startLogoutSite,
} from "../fixtures/oidc/logout-site.ts";

const BYE = "https://wiki.example.org/bye";
const EVENT = "http://schemas.openid.net/event/backchannel-logout";
const site = await startLogoutSite();
after(async () => await site.close());

const Metadata = z.looseObject({ end_session_endpoint: z.string() });
const Jwks = z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string() })) });

async function json(path: string): Promise<unknown> {
  const body: unknown = await (await fetch(site.origin + path)).json();
  return body;
}

async function metadata() {
  return Metadata.parse(await json("/.well-known/openid-configuration"));
}

async function backChannelClient(name = "Wiki"): Promise<{ party: RelyingParty; client: Registered }> {
  const party = await site.relyingParty();
  const client = await site.register({
    name,
    postLogoutRedirectUris: [BYE],
    backchannelLogoutUri: `${party.base}/logout?a=1`,
  });
  return { party, client };
}

async function loggedIn(): Promise<SiteBrowser> {
  const browser = new SiteBrowser(site);
  await browser.logIn();
  return browser;
}

/** The logout token of the one POST that came. */
async function logoutTokenOf(party: RelyingParty): Promise<string> {
  assert.equal(party.received.length, 1);
  const { contentType = "", body = "" } = party.received[0] ?? {};
  assert.equal(contentType, "application/x-www-form-urlencoded");
  const form = new URLSearchParams(body);
  assert.deepEqual([...form.keys()], ["logout_token"]);
  return await Promise.resolve(form.get("logout_token") ?? "");
}

async function receiptOf(response: Response) {
  const id = new URL(locationOf(response)).searchParams.get("id") ?? "";
  const receipt = await site.parts.stores.durable.receipts.get(id);
  assert.ok(receipt !== undefined);
  return receipt.entries.map(({ applicationName, channel, outcome }) => ({
    applicationName,
    channel,
    outcome,
  }));
}

describe("oidcc-backchannel-rp-initiated-logout-certification-test-plan", () => {
  test("oidcc-backchannel-logout-discovery-endpoint-verification (CF-64)", async () => {
    const { backchannel_logout_supported: supported, backchannel_logout_session_supported: session } =
      await metadata();
    assert.deepEqual({ supported, session }, { supported: true, session: true });
  });

  test("oidcc-backchannel-rp-initiated-logout (CF-65): the application that asked gets its logout token", async () => {
    const { party, client } = await backChannelClient();
    const browser = await loggedIn();
    const hint = await browser.signOn(client);
    const idToken = decodeJwt(hint);
    const sent = { id_token_hint: hint, post_logout_redirect_uri: BYE, state: "s" };
    assert.equal(locationOf(await browser.logOut(sent)), `${BYE}?state=s`);
    const { payload, protectedHeader } = await jwtVerify(
      await logoutTokenOf(party),
      createLocalJWKSet(Jwks.parse(await json("/oauth2/jwks"))),
      { issuer: ISSUER, audience: client.application.id, currentDate: new Date(site.clock.nowMs()) },
    );
    assert.equal(protectedHeader.typ, "logout+jwt");
    assert.equal(protectedHeader.alg, "RS256");
    const { jti, ...claims } = payload;
    const now = Math.floor(site.clock.nowMs() / 1000);
    assert.match(jti ?? "", /^[\w-]{43}$/);
    assert.deepEqual(claims, {
      iss: ISSUER,
      aud: client.application.id,
      iat: now,
      exp: now + 120,
      sub: idToken.sub,
      sid: idToken["sid"],
      events: { [EVENT]: {} },
    });
    assert.equal(await browser.silently(client), "login_required");
  });
});

describe("back-channel logout", () => {
  test("tells every application of the session once, in its own words, and no other session's", async () => {
    const first = await backChannelClient("First");
    const second = await backChannelClient("Second");
    const stranger = await backChannelClient("Stranger");
    const elsewhere = await loggedIn();
    await elsewhere.signOn(stranger.client);
    const browser = await loggedIn();
    const hints = [await browser.signOn(first.client), await browser.signOn(second.client)] as const;
    await browser.signOn(first.client);
    const receipt = await receiptOf(await browser.logOut({ id_token_hint: hints[0] }));
    assert.deepEqual(
      receipt.toSorted((a, b) => a.applicationName.localeCompare(b.applicationName)),
      [
        { applicationName: "First", channel: "back", outcome: "signed-out" },
        { applicationName: "Second", channel: "back", outcome: "signed-out" },
      ],
    );
    const tokens = [
      decodeJwt(await logoutTokenOf(first.party)),
      decodeJwt(await logoutTokenOf(second.party)),
    ];
    assert.notEqual(tokens[0]?.["sid"], tokens[1]?.["sid"]);
    assert.notEqual(tokens[0]?.jti, tokens[1]?.jti);
    assert.deepEqual(
      tokens.map((token) => token["sid"]),
      hints.map((hint) => decodeJwt(hint)["sid"]),
    );
    assert.deepEqual(stranger.party.received, []);
    assert.equal(await elsewhere.silently(stranger.client), "logged in");
  });

  for (const [status, outcome] of [
    [200, "signed-out"],
    [204, "signed-out"],
    [400, "refused"],
    [404, "refused"],
    [500, "refused"],
    [302, "refused"],
    [501, "not-supported"],
  ] as const) {
    test(`an answer of ${status} is written down as ${outcome}, and the person is logged out all the same`, async () => {
      const { party, client } = await backChannelClient();
      party.status = status;
      const browser = await loggedIn();
      const hint = await browser.signOn(client);
      const receipt = await receiptOf(await browser.logOut({ id_token_hint: hint }));
      assert.deepEqual(receipt, [{ applicationName: "Wiki", channel: "back", outcome }]);
      assert.equal(await browser.silently(client), "login_required");
    });
  }

  test("an address where nobody answers is written down as unreachable", async () => {
    const client = await site.register({ backchannelLogoutUri: "http://127.0.0.1:1/logout" });
    const browser = await loggedIn();
    const hint = await browser.signOn(client);
    const receipt = await receiptOf(await browser.logOut({ id_token_hint: hint }));
    assert.deepEqual(receipt, [{ applicationName: "Wiki", channel: "back", outcome: "unreachable" }]);
  });

  test("an application that never answers holds up no other one, and the person five seconds at most", async () => {
    const slow = await backChannelClient("Slow");
    const quick = await backChannelClient("Quick");
    let release = (): void => undefined;
    slow.party.hold = new Promise<void>((resolve) => {
      release = resolve;
    });
    const browser = await loggedIn();
    const hint = await browser.signOn(slow.client);
    await browser.signOn(quick.client);
    const startedAtMs = Date.now();
    const receipt = await receiptOf(await browser.logOut({ id_token_hint: hint }));
    const tookMs = Date.now() - startedAtMs;
    release();
    assert.ok(tookMs < 15_000, `it took ${tookMs} ms`);
    assert.equal(quick.party.received.length, 1);
    const outcomes = Object.fromEntries(receipt.map((entry) => [entry.applicationName, entry.outcome]));
    assert.deepEqual(outcomes, { Slow: "unreachable", Quick: "signed-out" });
  });

  test("of a logout on our own page tells the application too", async () => {
    const { party, client } = await backChannelClient();
    const browser = await loggedIn();
    const hint = await browser.signOn(client);
    const form = await formOf(await browser.get("/logout"));
    await browser.post("/logout", form, { origin: ISSUER });
    assert.equal(decodeJwt(await logoutTokenOf(party))["sid"], decodeJwt(hint)["sid"]);
  });
});

describe("oidcc-frontchannel-rp-initiated-logout-certification-test-plan", () => {
  test("oidcc-frontchannel-logout-discovery-endpoint-verification (CF-62)", async () => {
    const found = await metadata();
    assert.equal(found["frontchannel_logout_supported"], true);
    assert.equal(found["frontchannel_logout_session_supported"], true);
    assert.equal(found.end_session_endpoint, `${ISSUER}/oauth2/logout`);
  });

  test("oidcc-frontchannel-rp-initiated-logout (CF-63): a frame loads the address with iss and sid, then back with the state", async () => {
    const client = await site.register({
      postLogoutRedirectUris: [BYE],
      frontchannelLogoutUri: "https://wiki.example.org/front?a=1",
    });
    const browser = await loggedIn();
    const hint = await browser.signOn(client);
    const sent = { id_token_hint: hint, post_logout_redirect_uri: BYE, state: "s" };
    const run = ownPath(await browser.logOut(sent));
    assert.match(run, /^\/logout\/run\?run=/);
    const page = await (await browser.get(run)).text();
    const frames = [...page.matchAll(/<iframe[^>]* src="([^"]*)"/g)].map(([, src = ""]) => src);
    assert.equal(frames.length, 1);
    const loaded = await browser.get((frames[0] ?? "").replaceAll("&amp;", "&"));
    const query = new URLSearchParams({ iss: ISSUER, sid: String(decodeJwt(hint)["sid"]) });
    assert.equal(locationOf(loaded), `https://wiki.example.org/front?a=1&${query.toString()}`);
    const form = await formOf(await browser.get(run));
    assert.equal(locationOf(await browser.post("/logout/run", form, { origin: ISSUER })), `${BYE}?state=s`);
    assert.equal(await browser.silently(client), "login_required");
  });

  test("an application with both addresses is told on the server, which no browser can hold up", async () => {
    const party = await site.relyingParty();
    const client = await site.register({
      backchannelLogoutUri: `${party.base}/back`,
      frontchannelLogoutUri: "https://wiki.example.org/front",
    });
    const browser = await loggedIn();
    const hint = await browser.signOn(client);
    const receipt = await receiptOf(await browser.logOut({ id_token_hint: hint }));
    assert.deepEqual(receipt, [{ applicationName: "Wiki", channel: "back", outcome: "signed-out" }]);
  });

  test("an application with neither is written down as one that cannot be told", async () => {
    const asker = await site.register({ name: "Asker" });
    const silent = await site.register({ name: "Silent" });
    const browser = await loggedIn();
    const hint = await browser.signOn(asker);
    await browser.signOn(silent);
    const receipt = await receiptOf(await browser.logOut({ id_token_hint: hint }));
    const outcomes = Object.fromEntries(receipt.map((entry) => [entry.applicationName, entry.outcome]));
    assert.deepEqual(outcomes, { Asker: "signed-out", Silent: "not-supported" });
  });
});
