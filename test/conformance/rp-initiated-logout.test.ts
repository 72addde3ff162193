import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, describe, test } from "node:test";
import { decodeJwt } from "jose";
import { KeyRing } from "../../src/keys/key-ring.ts";
import { JwtSigner } from "../../src/oidc/jwt-signer.ts";
import { part } from "../fixtures/oidc/client-authentication.ts";
import { ISSUER } from "../fixtures/oidc/authorization.ts";
import { signingKey } from "../fixtures/oidc/key-ring.ts";
import {
  formOf,
  locationOf,
  ownPath,
  type Registered,
  SiteBrowser,
  startLogoutSite,
} from "../fixtures/oidc/logout-site.ts";

const BYE = "https://wiki.example.org/bye";
const STATE = `${"s".repeat(100)} &=%20é"<>#?/+1234`;
const site = await startLogoutSite();
const wiki = await site.register({ postLogoutRedirectUris: [BYE, `${BYE}?a=1`] });
const other = await site.register({ name: "Other", postLogoutRedirectUris: ["https://other.example.org/"] });
after(async () => await site.close());

async function loggedIn(username = "alice", at: Registered = wiki) {
  const browser = new SiteBrowser(site);
  await browser.logIn(username);
  const hint = await browser.signOn(at);
  return { browser, hint };
}

/** The session must be there still. */
async function assertLoggedIn(browser: SiteBrowser): Promise<void> {
  assert.equal(await browser.silently(wiki), "logged in");
}

async function assertLoggedOut(browser: SiteBrowser): Promise<void> {
  assert.equal(await browser.silently(wiki), "login_required");
  assert.equal(await browser.silently(other), "login_required");
}

/** Our own page must ask, and nobody is sent on; the answer yes ends on our receipt, or at `then`. */
async function assertAsks(browser: SiteBrowser, response: Response, then?: string): Promise<void> {
  const path = ownPath(response);
  assert.match(path, /^\/logout(\?asked=[\w-]{43})?$/);
  await assertLoggedIn(browser);
  const form = await formOf(await browser.get(path));
  const left = await browser.post("/logout", form, { origin: ISSUER });
  if (then === undefined) assert.match(ownPath(left), /^\/logout\/receipt\?id=LO-/);
  else assert.equal(locationOf(left), then);
  await assertLoggedOut(browser);
}

async function assertErrorPage(browser: SiteBrowser, response: Response): Promise<void> {
  assert.equal(response.status, 400);
  assert.equal(response.headers.get("location"), null);
  assert.match(await response.text(), /You are still logged in/);
  await assertLoggedIn(browser);
}

describe("oidcc-rp-initiated-logout-certification-test-plan", () => {
  test("oidcc-rp-initiated-logout-discovery-endpoint-verification (CF-50)", async () => {
    const response = await fetch(`${site.origin}/.well-known/openid-configuration`);
    const metadata: unknown = await response.json();
    assert.ok(metadata !== null && typeof metadata === "object" && "end_session_endpoint" in metadata);
    assert.equal(metadata.end_session_endpoint, `${ISSUER}/oauth2/logout`);
  });

  test("oidcc-rp-initiated-logout (CF-51): back with the state as it came, nothing more, and logged out", async () => {
    const { browser, hint } = await loggedIn();
    const response = await browser.logOut({
      id_token_hint: hint,
      post_logout_redirect_uri: BYE,
      state: STATE,
    });
    assert.equal(locationOf(response), `${BYE}?state=${encodeURIComponent(STATE)}`);
    await assertLoggedOut(browser);
  });

  test("oidcc-rp-initiated-logout-bad-post-logout-redirect-uri (CF-52): an error page", async () => {
    const { browser, hint } = await loggedIn();
    const uri = "https://wiki.example.org/elsewhere";
    await assertErrorPage(
      browser,
      await browser.logOut({ id_token_hint: hint, post_logout_redirect_uri: uri }),
    );
  });

  test("oidcc-rp-initiated-logout-modified-id-token-hint (CF-53): alg none asks and sends nobody on", async () => {
    for (const alg of ["none", "None", "nOnE"]) {
      const { browser, hint } = await loggedIn();
      const changed = `${part({ alg, typ: "JWT" })}.${part(decodeJwt(hint))}.`;
      const sent = { id_token_hint: changed, post_logout_redirect_uri: BYE, state: "s" };
      await assertAsks(browser, await browser.logOut(sent));
    }
  });

  test("oidcc-rp-initiated-logout-no-id-token-hint (CF-54): asks and sends nobody on", async () => {
    const { browser } = await loggedIn();
    await assertAsks(browser, await browser.logOut({ post_logout_redirect_uri: BYE, state: "s" }));
  });

  test("with client_id instead of a hint it asks, and sends on who says yes", async () => {
    const { browser } = await loggedIn();
    const sent = { client_id: wiki.application.id, post_logout_redirect_uri: BYE, state: "s" };
    await assertAsks(browser, await browser.logOut(sent), `${BYE}?state=s`);
  });

  test("oidcc-rp-initiated-logout-no-params (CF-55): asks, then the receipt", async () => {
    const { browser } = await loggedIn();
    await assertAsks(browser, await browser.logOut({}));
  });

  test("oidcc-rp-initiated-logout-no-post-logout-redirect-uri (CF-56): the receipt", async () => {
    const { browser, hint } = await loggedIn();
    const response = await browser.logOut({ id_token_hint: hint });
    assert.match(ownPath(response), /^\/logout\/receipt\?id=LO-/);
    assert.equal((await browser.get(ownPath(response))).status, 200);
    await assertLoggedOut(browser);
  });

  test("oidcc-rp-initiated-logout-no-state (CF-57): back without a state", async () => {
    const { browser, hint } = await loggedIn();
    const response = await browser.logOut({ id_token_hint: hint, post_logout_redirect_uri: BYE });
    assert.equal(locationOf(response), BYE);
    await assertLoggedOut(browser);
  });

  test("oidcc-rp-initiated-logout-only-state (CF-58): asks, and the state is nowhere", async () => {
    const { browser } = await loggedIn();
    const response = await browser.logOut({ state: "only-state" });
    const page = await (await browser.get(ownPath(response))).text();
    assert.equal(`${locationOf(response)}${page}`.includes("only-state"), false);
    await assertAsks(browser, response);
  });

  test("oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri (CF-59): an error page", async () => {
    const { browser, hint } = await loggedIn();
    const sent = { id_token_hint: hint, post_logout_redirect_uri: `${BYE}?foo=bar` };
    await assertErrorPage(browser, await browser.logOut(sent));
  });

  test("oidcc-rp-initiated-logout-bad-id-token-hint (CF-61): another key asks and sends nobody on", async () => {
    const { browser, hint } = await loggedIn();
    const ring = new KeyRing();
    const kid = site.parts.keyRing.active("RSA-2048").id;
    ring.load([signingKey("RSA-2048", kid)]);
    const forged = new JwtSigner(ring).sign("RS256", "JWT", { ...decodeJwt(hint) });
    const sent = { id_token_hint: forged, post_logout_redirect_uri: BYE, state: "s" };
    await assertAsks(browser, await browser.logOut(sent));
  });
});

describe("a logout by an application", () => {
  test("takes an expired hint of ours (RP-Initiated Logout 1.0 section 2)", async () => {
    const { browser, hint } = await loggedIn();
    site.clock.advance(60 * 60_000);
    assert.ok((decodeJwt(hint).exp ?? 0) * 1000 < site.clock.nowMs());
    const response = await browser.logOut({ id_token_hint: hint, post_logout_redirect_uri: BYE });
    assert.equal(locationOf(response), BYE);
    await assertLoggedOut(browser);
  });

  test("by POST from another site comes back by a GET that brings the cookies, with no hint in the address", async () => {
    const { browser, hint } = await loggedIn();
    const form = { id_token_hint: hint, post_logout_redirect_uri: BYE, state: "s" };
    const parked = ownPath(await browser.crossSitePost("/oauth2/logout", form));
    assert.match(parked, /^\/oauth2\/logout\?parked=[\w-]{43}$/);
    await assertLoggedIn(browser);
    assert.equal(locationOf(await browser.get(parked)), `${BYE}?state=s`);
    await assertLoggedOut(browser);
    assert.equal(ownPath(await browser.get(parked)), "/logout");
  });

  test("keeps the query that a registered address has", async () => {
    const { browser, hint } = await loggedIn();
    const sent = { id_token_hint: hint, post_logout_redirect_uri: `${BYE}?a=1`, state: "s" };
    assert.equal(locationOf(await browser.logOut(sent)), `${BYE}?a=1&state=s`);
  });

  test("of a browser where nobody is logged in sends back at once", async () => {
    const { hint } = await loggedIn();
    const stranger = new SiteBrowser(site);
    const sent = { id_token_hint: hint, post_logout_redirect_uri: BYE, state: "s" };
    assert.equal(locationOf(await stranger.logOut(sent)), `${BYE}?state=s`);
    assert.equal(ownPath(await stranger.logOut({})), "/logout");
  });

  test("with the hint of another person asks, and the other one stays logged in (B48)", async () => {
    const alice = await loggedIn("alice");
    const bob = await loggedIn("bob");
    const sent = { id_token_hint: bob.hint, post_logout_redirect_uri: BYE, state: "s" };
    await assertAsks(alice.browser, await alice.browser.logOut(sent), `${BYE}?state=s`);
    await assertLoggedIn(bob.browser);
  });

  test("with the hint of another session of the same person asks (B48)", async () => {
    const here = await loggedIn();
    const there = await loggedIn();
    const sent = { id_token_hint: there.hint, post_logout_redirect_uri: BYE };
    await assertAsks(here.browser, await here.browser.logOut(sent), BYE);
    await assertLoggedIn(there.browser);
  });

  test("with the hint of the session before this one asks", async () => {
    const { browser, hint } = await loggedIn();
    await browser.logOut({ id_token_hint: hint });
    await browser.logIn();
    await assertAsks(
      browser,
      await browser.logOut({ id_token_hint: hint, post_logout_redirect_uri: BYE }),
      BYE,
    );
  });

  test("with an HMAC under our public key, or another kind of token of ours, asks", async () => {
    const { browser, hint } = await loggedIn();
    const key = site.parts.keyRing.active("RSA-2048");
    const input = `${part({ alg: "HS256", typ: "JWT", kid: key.id })}.${part(decodeJwt(hint))}`;
    const pem = key.publicKey.export({ type: "spki", format: "pem" });
    const mac = createHmac("sha256", pem).update(input).digest("base64url");
    const signer = new JwtSigner(site.parts.keyRing);
    const claims = { ...decodeJwt(hint) };
    for (const bad of [
      `${input}.${mac}`,
      signer.sign("RS256", "at+jwt", claims),
      signer.sign("RS256", "logout+jwt", claims),
      signer.sign("RS256", "JWT", { ...claims, iss: "https://other.example.org" }),
      "x",
      "x".repeat(10_000),
    ]) {
      const response = await browser.logOut({ id_token_hint: bad, post_logout_redirect_uri: BYE });
      assert.equal(ownPath(response), "/logout");
      await assertLoggedIn(browser);
    }
  });

  test("with another client's client_id, or address, is an error page", async () => {
    const { browser, hint } = await loggedIn();
    const mismatch = { id_token_hint: hint, client_id: other.application.id };
    await assertErrorPage(browser, await browser.logOut(mismatch));
    const foreign = { id_token_hint: hint, post_logout_redirect_uri: "https://other.example.org/" };
    await assertErrorPage(browser, await browser.logOut(foreign));
  });

  test("with a parameter that comes twice is an error page (OA-17)", async () => {
    const { browser, hint } = await loggedIn();
    const query = new URLSearchParams({ id_token_hint: hint, post_logout_redirect_uri: BYE, state: "s" });
    for (const twice of ["&state=s", `&id_token_hint=${hint}`, `&post_logout_redirect_uri=${BYE}`]) {
      await assertErrorPage(browser, await browser.get(`/oauth2/logout?${query.toString()}${twice}`));
    }
  });

  test("by HEAD, as a link scanner asks, is 405 and ends nothing", async () => {
    const { browser, hint } = await loggedIn();
    const query = new URLSearchParams({ id_token_hint: hint });
    const head = await fetch(`${site.origin}/oauth2/logout?${query.toString()}`, { method: "HEAD" });
    assert.equal(head.status, 405);
    await assertLoggedIn(browser);
  });

  test("makes the tokens of the session worthless", async () => {
    const { browser, hint } = await loggedIn();
    const sessions = await site.parts.participants.sessionsOf(wiki.application.id, decodeJwt(hint).sub ?? "");
    assert.ok(sessions.length > 0);
    await browser.logOut({ id_token_hint: hint });
    const left = await site.parts.participants.sessionsOf(wiki.application.id, decodeJwt(hint).sub ?? "");
    assert.equal(
      left.some(({ sessionIndex }) => sessionIndex === decodeJwt(hint)["sid"]),
      false,
    );
  });
});
