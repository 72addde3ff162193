import assert from "node:assert/strict";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { suite, test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { type Profile, SAML, ValidateInResponseTo } from "@node-saml/node-saml";
import type { SamlApplication } from "../../src/model/application.ts";
import { BINDING } from "../../src/saml/namespaces.ts";
import { type TokensApp, tokensApp } from "../account/tokens-app.ts";
import { rowOf } from "../admin/key-pages.ts";
import { certificateFor, redirectQuery } from "../attack/saml/service-provider.ts";
import { samlApplication } from "../fixtures/saml/installation.ts";
import type { TestBrowser } from "../login/test-browser.ts";

const HOUR_MS = 3_600_000;
/** Later than the `cacheDuration` of our metadata says, and sooner than the slowest reader that the settings allow for. */
const LATE_HOURS = 20;

/** A service provider that knows our certificates as it read them last, or as somebody pasted them. */
class ServiceProvider {
  readonly application: SamlApplication;
  readonly #app: TokensApp;
  readonly #key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  #certificates: readonly string[] = [];
  #profile: Profile | undefined;

  constructor(app: TokensApp, name: string) {
    const entityId = `https://${name}.example/sp`;
    this.#app = app;
    this.application = samlApplication({
      id: `app-${name}`,
      name,
      entityId,
      signingCertificates: [certificateFor(this.#key)],
      assertionConsumerServices: [
        { binding: BINDING.post, location: `${entityId}/acs`, index: 0, isDefault: true },
      ],
    });
  }

  /** Reads our metadata, as it does on its own schedule. */
  async read(): Promise<void> {
    const metadata = await (await fetch(`${this.#app.url}/saml/metadata`)).text();
    const found = metadata.matchAll(/<ds:X509Certificate>([^<]+)<\/ds:X509Certificate>/g);
    this.#certificates = [...new Set([...found].map(([, certificate = ""]) => certificate))];
  }

  paste(...certificates: readonly string[]): void {
    this.#certificates = certificates;
  }

  /** True where it takes our answer. */
  async letsIn(browser: TestBrowser): Promise<boolean> {
    const { entityId } = this.application;
    const { url, clock } = this.#app;
    const xml = `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_${clock.nowMs()}" Version="2.0" IssueInstant="${new Date(clock.nowMs()).toISOString()}" Destination="${url}/saml/sso"><saml:Issuer>${entityId}</saml:Issuer></samlp:AuthnRequest>`;
    const query = new URLSearchParams({ SAMLRequest: deflateRawSync(xml).toString("base64") });
    const page = await browser.get(`/saml/sso?${query.toString()}`);
    const SAMLResponse = /name="SAMLResponse" value="([^"]+)"/.exec(page.text)?.[1];
    assert.ok(SAMLResponse !== undefined, `no answer for ${entityId}: ${page.status}`);
    try {
      this.#profile =
        (await this.#library().validatePostResponseAsync({ SAMLResponse })).profile ?? undefined;
      return this.#profile !== undefined;
    } catch (error) {
      assert.match(String(error), /Invalid signature/);
      return false;
    }
  }

  /** Ends the session of its last sign-on, by the names that our answer told it, under its own signature. */
  async logsOut(browser: TestBrowser): Promise<void> {
    const { url, clock } = this.#app;
    assert.ok(this.#profile !== undefined);
    const { nameID, nameIDFormat, nameQualifier, spNameQualifier, sessionIndex } = this.#profile;
    const xml = `<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_out${clock.nowMs()}" Version="2.0" IssueInstant="${new Date(clock.nowMs()).toISOString()}" Destination="${url}/saml/slo"><saml:Issuer>${this.application.entityId}</saml:Issuer><saml:NameID Format="${nameIDFormat}" NameQualifier="${nameQualifier}" SPNameQualifier="${spNameQualifier}">${nameID}</saml:NameID><samlp:SessionIndex>${sessionIndex}</samlp:SessionIndex></samlp:LogoutRequest>`;
    const page = await browser.get(`/saml/slo?${redirectQuery(xml, { key: this.#key })}`);
    assert.match(page.text, /logged out of Gatehouse/);
    await this.#app.parts.keyUse.flush();
  }

  #library(): SAML {
    const { entityId } = this.application;
    return new SAML({
      issuer: entityId,
      audience: entityId,
      callbackUrl: `${entityId}/acs`,
      idpCert: this.#certificates.map((each) => new X509Certificate(Buffer.from(each, "base64")).toString()),
      wantAssertionsSigned: true,
      wantAuthnResponseSigned: false,
      validateInResponseTo: ValidateInResponseTo.never,
      // It looks at the machine's clock, and the test's stands somewhere else.
      acceptedClockSkewMs: -1,
    });
  }
}

/** An owner at the pages, logged in anew for each act: days pass between them. */
async function asOwner(app: TokensApp, page: string, path: string, fields: Readonly<Record<string, string>>) {
  const olga = await app.browserOf("olga");
  await olga.get(page);
  const { csrf = "" } = olga.hidden();
  return await olga.post(path, { csrf, ...fields });
}

suite("a rollover by the pages, with a service provider that reads our metadata late and one that reads none", () => {
  test("cuts neither of them off at any time, and a logout shows which key was taken in the end", async (t) => {
    const app = await tokensApp(t);
    const { clock, parts } = app;
    const [late, pasted, forgotten] = ["late", "pasted", "forgotten"].map(
      (name) => new ServiceProvider(app, name),
    );
    assert.ok(late && pasted && forgotten);
    for (const { application } of [late, pasted, forgotten]) {
      await parts.stores.durable.applications.insert(application);
    }
    await parts.applications.reload();
    const keyIn = (state: string) => {
      const key = parts.keyRing.published().find((each) => each.type === "RSA-2048" && each.state === state);
      assert.ok(key !== undefined, `no key is ${state}`);
      return key;
    };
    const old = keyIn("active");
    const next = keyIn("next");
    await late.read();
    for (const each of [pasted, forgotten]) each.paste(old.certificate);
    const step = async (keyId: string, which: string) =>
      await asOwner(app, "/admin/keys", "/admin/keys/step", { keyId, step: which });
    const stay = async (signingKeyId: string) =>
      await asOwner(app, "/admin/keys", "/admin/applications/app-pasted/key", { signingKeyId });
    let hours = 0;
    const nobodyIsCutOff = async () => {
      const alice = await app.browserOf("alice");
      assert.ok(await late.letsIn(alice), `the late one refuses us at hour ${hours}`);
      assert.ok(await pasted.letsIn(alice), `the one with a pasted certificate refuses us at hour ${hours}`);
    };
    /** To this hour; the late one reads when its time has come, and is asked at the last moment before. */
    const passTo = async (hour: number) => {
      while (hours < hour) {
        clock.advance(HOUR_MS);
        hours += 1;
        if (hours % LATE_HOURS !== 0) continue;
        await nobodyIsCutOff();
        await late.read();
      }
    };

    await nobodyIsCutOff();
    assert.equal((await step(next.id, "sign")).status, 400, "before anybody can have read it");
    await passTo(24);
    await stay(old.id);
    assert.equal((await step(next.id, "sign")).status, 200);
    assert.equal(keyIn("active").id, next.id);
    await nobodyIsCutOff();
    assert.equal(
      await forgotten.letsIn(await app.browserOf("alice")),
      false,
      "whoever was forgotten is cut off",
    );

    await passTo(24 + 7 * 24);
    const held = await step(old.id, "retire");
    assert.equal(held.status, 409);
    assert.match(held.text, /held back by pasted/);
    await nobodyIsCutOff();

    pasted.paste(next.certificate);
    await stay("");
    await nobodyIsCutOff();
    assert.equal((await step(old.id, "retire")).status, 200);
    await nobodyIsCutOff();
    await passTo(24 + 9 * 24);
    await nobodyIsCutOff();
    const olga = await app.browserOf("olga");
    assert.match(rowOf((await olga.get("/admin/keys")).text, "late"), /Never seen By metadata/);
    const alice = await app.browserOf("alice");
    assert.ok(await late.letsIn(alice));
    await late.logsOut(alice);
    assert.match(rowOf((await olga.get("/admin/keys")).text, "late"), /Signs .*ended a session whose index/);
    const metadata = await (await fetch(`${app.url}/saml/metadata`)).text();
    assert.ok(!metadata.includes(old.certificate) && metadata.includes(next.certificate));
  });
});
