import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { z } from "zod";
import { DEMO_PASSWORD } from "../../examples/parts/demo-installation.ts";
import { registerClient, type RegisterClientInput } from "../../src/admin/acts/register-client.ts";
import { withInstallation } from "../../src/cli/installation.ts";
import { freePort, startChild, temporaryFolder } from "../fixtures/children.ts";
import { programPath, skipWithout } from "../fixtures/programs.ts";
import { HttpBrowser, type Page } from "../journey/http-browser.ts";
import { startInstallation, type TestInstallation } from "../journey/installation.ts";
import { assertKnowsNobody, assertShowsAlice, enter, logOutAt, throughFrames } from "../journey/walk.ts";
import { startOauth4webapiParty } from "./oauth4webapi-party.ts";
import { type RelyingParty, type RelyingPartySettings, registrationOf } from "./relying-party.ts";

const Person = z.object({
  claims: z.looseObject({ sub: z.string(), sid: z.string() }).nullable(),
  userinfo: z.looseObject({ sub: z.string(), email: z.string().optional() }).optional(),
});
const Refreshed = z.union([
  z.object({ sub: z.string(), rotated: z.boolean() }),
  z.object({ error: z.string() }),
]);
const Jwks = z.object({ keys: z.array(z.looseObject({ kid: z.string(), kty: z.string() })) });
const Heard = z.array(z.object({ sub: z.string().optional(), sid: z.string() }));

const SCOPE = "openid profile email";
const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const PRIVATE_KEY_PEM = String(privateKey.export({ type: "pkcs8", format: "pem" }));
const JWKS = { keys: [{ ...publicKey.export({ format: "jwk" }), kid: "party" }] };

let installation: TestInstallation;
const undo: (() => Promise<void>)[] = [];

before(async () => {
  installation = await startInstallation({ processes: 1 });
  undo.push(async () => await installation.stop());
});
after(async () => {
  for (const step of undo.toReversed()) await step();
});

type Start = (settings: RelyingPartySettings) => Promise<RelyingParty>;

/** Registers a relying party and starts it. */
async function launch(
  start: Start,
  input: Partial<RegisterClientInput> = {},
  scope = SCOPE,
): Promise<RelyingParty> {
  const base = `http://127.0.0.1:${await freePort()}`;
  const { environment, gatehouse } = installation;
  const made = await withInstallation({ environment, user: "test" }, async ({ acts, actor }) => {
    return await registerClient(acts, actor, { name: "Party", ...registrationOf(base), ...input });
  });
  assert.ok(made.ok, JSON.stringify(made));
  const { application, clientSecret } = made;
  const privateKeyPem = input.authenticationMethod === "private_key_jwt" ? PRIVATE_KEY_PEM : undefined;
  const party = await start({
    issuer: gatehouse,
    clientId: application.id,
    clientSecret,
    privateKeyPem,
    base,
    scope,
  });
  undo.push(async () => await party.stop());
  return party;
}

async function startPythonParty(settings: RelyingPartySettings): Promise<RelyingParty> {
  const folder = temporaryFolder("python-party");
  const file = join(folder, "settings.json");
  writeFileSync(file, JSON.stringify(settings), { mode: 0o600 });
  const script = join(import.meta.dirname, "python-party.py");
  const child = startChild(programPath("python") ?? "python3", [script, file], { folder });
  await child.until(async () => (await fetch(`${settings.base}/heard`)).ok);
  return { base: settings.base, stop: async () => await child.end("SIGTERM") };
}

function read<T>(schema: z.ZodType<T>, { text, url }: Page): T {
  const parsed = schema.safeParse(JSON.parse(text.startsWith("{") || text.startsWith("[") ? text : "null"));
  assert.ok(parsed.success, `${url}: ${text.slice(0, 500)}`);
  return parsed.data;
}

async function logIn(browser: HttpBrowser, { base }: RelyingParty): Promise<Page> {
  const form = await browser.open(`${base}/login`);
  assert.match(form.text, /name="password"/, `no login form at ${form.url}: ${form.text.slice(0, 300)}`);
  return await browser.send(form, { username: "alice", password: DEMO_PASSWORD }, 'name="password"');
}

async function whoIs(browser: HttpBrowser, { base }: RelyingParty) {
  return read(Person, await browser.open(`${base}/`));
}

async function assertNobodyAt(browser: HttpBrowser, party: RelyingParty): Promise<void> {
  assert.deepEqual(await whoIs(browser, party), { claims: null });
}

async function heardBy(browser: HttpBrowser, { base }: RelyingParty) {
  return read(Heard, await browser.open(`${base}/heard`));
}

/** Nobody gets in without the password any more. */
async function assertLoggedOut(browser: HttpBrowser, { base }: RelyingParty): Promise<void> {
  assert.match((await browser.open(`${base}/login`)).text, /name="password"/);
}

/** The walk that every relying party goes, whatever it is written in. `first` and `second` are two of a kind. */
function walk(
  name: string,
  skip: string | false,
  pair: () => Promise<readonly [RelyingParty, RelyingParty]>,
) {
  describe(`relying parties on ${name}`, { skip }, () => {
    let first: RelyingParty;
    let second: RelyingParty;

    before(async () => {
      [first, second] = await pair();
    });

    /** A browser in which alice has entered both with one password. */
    async function inBoth(): Promise<HttpBrowser> {
      const browser = new HttpBrowser();
      await logIn(browser, first);
      const page = await browser.open(`${second.base}/login`);
      assert.equal(page.url, `${second.base}/`, "the second one asks nothing");
      return browser;
    }

    test("a login brings the claims, and userinfo says the same person's e-mail address", async () => {
      const browser = new HttpBrowser();
      const page = await logIn(browser, first);
      assert.equal(page.url, `${first.base}/`, page.text.slice(0, 500));
      const { claims, userinfo } = read(Person, page);
      assert.ok(claims);
      assert.equal(userinfo?.sub, claims.sub);
      assert.equal(userinfo?.email, "alice@example.org");
    });

    test("a wrong password brings nobody in", async () => {
      const browser = new HttpBrowser();
      const form = await browser.open(`${first.base}/login`);
      const page = await browser.send(form, { username: "alice", password: "wrong" }, 'name="password"');
      assert.match(page.text, /name="password"/);
      await assertNobodyAt(browser, first);
    });

    test("the second application and a SAML one are entered without a password, under another sid each", async () => {
      const browser = await inBoth();
      assertShowsAlice(await enter(browser, installation.wiki));
      const [one, other] = [await whoIs(browser, first), await whoIs(browser, second)];
      assert.equal(one.claims?.sub, other.claims?.sub);
      assert.notEqual(one.claims?.sid, other.claims?.sid);
    });

    test("a refresh token is exchanged for another one, and the new access token opens userinfo", async () => {
      const browser = await inBoth();
      const { claims } = await whoIs(browser, first);
      for (const _ of [1, 2]) {
        const refreshed = read(Refreshed, await browser.open(`${first.base}/refresh`));
        assert.deepEqual(refreshed, { sub: claims?.sub, rotated: true });
      }
    });

    test("a logout begun at one ends the session, and the other hears of it behind the browser's back", async () => {
      const browser = await inBoth();
      const { claims } = await whoIs(browser, second);
      const heardBefore = (await heardBy(browser, second)).length;
      const page = await throughFrames(browser, await browser.open(`${first.base}/logout`));
      assert.deepEqual(JSON.parse(page.text), { bye: "bye-state" });
      assert.equal(new URL(page.url).origin, first.base);
      assert.deepEqual((await heardBy(browser, second)).slice(heardBefore), [
        { sub: claims?.sub, sid: claims?.sid },
      ]);
      await assertNobodyAt(browser, second);
      const refreshed = read(Refreshed, await browser.open(`${second.base}/refresh`));
      assert.deepEqual(refreshed, { error: "invalid_grant" }, "its refresh token went with the session");
      await assertLoggedOut(browser, second);
    });

    test("a logout begun at Gatehouse's own page is heard by both", async () => {
      const browser = await inBoth();
      const page = await browser.open(`${installation.gatehouse}/logout`);
      await throughFrames(browser, await browser.send(page, {}, "Log out"));
      await assertNobodyAt(browser, first);
      await assertNobodyAt(browser, second);
      await assertLoggedOut(browser, first);
    });

    test("a logout begun at a SAML application is heard by both", async () => {
      const browser = await inBoth();
      assertShowsAlice(await enter(browser, installation.wiki));
      await logOutAt(browser, installation.wiki);
      await assertKnowsNobody(browser, installation.wiki);
      await assertNobodyAt(browser, first);
      await assertNobodyAt(browser, second);
    });

    test("another browser's session goes on", async () => {
      const [browser, elsewhere] = [await inBoth(), await inBoth()];
      await throughFrames(browser, await browser.open(`${first.base}/logout`));
      const { claims } = await whoIs(elsewhere, first);
      assert.ok(claims);
      const page = await elsewhere.open(`${second.base}/login`);
      assert.equal(page.url, `${second.base}/`);
    });

    test("prompt=none brings the one who is logged in, and nobody in a browser where nobody is", async () => {
      const browser = await inBoth();
      assert.equal((await browser.open(`${first.base}/login?prompt=none`)).url, `${first.base}/`);
      const stranger = new HttpBrowser();
      const refused = await stranger.open(`${first.base}/login?prompt=none`);
      assert.match(refused.url, /[?&]error=login_required(&|$)/);
      await assertNobodyAt(stranger, first);
    });

    test("a logout token that we did not sign ends nothing", async () => {
      const browser = await inBoth();
      const { claims } = await whoIs(browser, first);
      assert.ok(claims);
      const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
      const events = { "http://schemas.openid.net/event/backchannel-logout": {} };
      const nowSeconds = Math.floor(Date.now() / 1_000);
      const said = {
        ...claims,
        iat: nowSeconds,
        exp: nowSeconds + 60,
        jti: "forged",
        events,
        nonce: undefined,
      };
      const jwks = Jwks.parse(await (await fetch(`${installation.gatehouse}/oauth2/jwks`)).json());
      const kid = jwks.keys.find(({ kty }) => kty === "RSA")?.kid;
      const header = part({ alg: "RS256", typ: "logout+jwt", kid });
      const body = new URLSearchParams({ logout_token: `${header}.${part(said)}.${"A".repeat(342)}` });
      const answer = await fetch(`${first.base}/backchannel`, { method: "POST", body });
      assert.equal(answer.status, 400);
      assert.ok((await whoIs(browser, first)).claims);
    });
  });
}

walk("oauth4webapi (pushed requests; one with a secret, one with private_key_jwt)", false, async () => [
  await launch(startOauth4webapiParty),
  await launch(startOauth4webapiParty, {
    authenticationMethod: "private_key_jwt",
    jwks: JWKS,
    parRequired: true,
  }),
]);

walk("Python's standard library (client_secret_post)", skipWithout("python"), async () => [
  await launch(startPythonParty, { authenticationMethod: "client_secret_post" }),
  await launch(startPythonParty, { authenticationMethod: "client_secret_post" }),
]);

describe("offline_access at a relying party that must ask", () => {
  for (const [what, ticked, outcome] of [
    ["with the box ticked the refresh token goes on after the logout", true, "goes on"],
    ["with the box left empty it ends with the logout", false, "ends"],
  ] as const) {
    test(what, async () => {
      const party = await launch(startOauth4webapiParty, { consent: "ask" }, `${SCOPE} offline_access`);
      const browser = new HttpBrowser();
      const form = await browser.open(`${party.base}/login?prompt=consent`);
      const page = await browser.send(
        form,
        { username: "alice", password: DEMO_PASSWORD },
        'name="password"',
      );
      assert.match(page.text, /<h1>Allow Party to use your account\?<\/h1>/);
      const tick: Record<string, string> = ticked ? { "allow:offline_access": "on" } : {};
      await browser.send(page, { ...tick, answer: "allow" }, 'name="shown"');
      const before = read(Refreshed, await browser.open(`${party.base}/refresh`));
      assert.ok("sub" in before, "while the session lives it works either way");
      await browser.open(`${party.base}/logout`);
      const after = read(Refreshed, await browser.open(`${party.base}/refresh`));
      assert.deepEqual(after, outcome === "ends" ? { error: "invalid_grant" } : before);
      await assertLoggedOut(browser, party);
    });
  }
});
