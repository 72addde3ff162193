import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { z } from "zod";
import { DEMO_PASSWORD } from "../../examples/parts/demo-installation.ts";
import { registerServiceProvider } from "../../src/admin/acts/register-service-provider.ts";
import { withInstallation } from "../../src/cli/installation.ts";
import { selfSignedCertificate } from "../../src/keys/certificate.ts";
import { freePort, startChild, temporaryFolder } from "../fixtures/children.ts";
import { programPath, skipWithout } from "../fixtures/programs.ts";
import { toPem } from "../fixtures/saml/judges.ts";
import { HttpBrowser, type Page } from "../journey/http-browser.ts";
import { startInstallation, type TestInstallation } from "../journey/installation.ts";
import { assertKnowsNobody, assertShowsAlice, enter, logOutAt, throughFrames } from "../journey/walk.ts";
import type { SamlProvider, SamlProviderSettings } from "./saml-provider.ts";

const Person = z.object({
  person: z
    .object({
      subject: z.string(),
      format: z.string(),
      attributes: z.record(z.string(), z.array(z.string())),
      relayState: z.string().nullable(),
    })
    .nullable(),
});

let installation: TestInstallation;
const undo: (() => Promise<void>)[] = [];

before(async () => {
  installation = await startInstallation({ processes: 1 });
  undo.push(async () => await installation.stop());
});
after(async () => {
  for (const step of undo.toReversed()) await step();
});

type Start = (settings: SamlProviderSettings, folder: string) => Promise<SamlProvider>;

/** Starts a service provider, and registers it by the metadata that it publishes. */
async function launch(start: Start): Promise<SamlProvider> {
  const { gatehouse, environment } = installation;
  const folder = temporaryFolder("saml-provider");
  const base = `http://127.0.0.1:${await freePort()}`;
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const certificate = selfSignedCertificate("RSA-2048", privateKey, "provider", Date.now(), randomBytes(15));
  const settings = {
    base,
    entityId: `${base}/metadata`,
    metadata: join(folder, "gatehouse.xml"),
    key: join(folder, "provider.key"),
    certificate: join(folder, "provider.crt"),
  };
  writeFileSync(settings.metadata, await (await fetch(`${gatehouse}/saml/metadata`)).text());
  writeFileSync(settings.key, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  writeFileSync(settings.certificate, toPem(certificate));
  const provider = await start(settings, folder);
  undo.push(async () => await provider.stop());
  const xml = await (await fetch(`${base}/metadata`)).text();
  const made = await withInstallation({ environment, user: "test" }, async ({ acts, actor }) => {
    return await registerServiceProvider(acts, actor, { xml, name: "Provider" });
  });
  assert.ok(made.ok, JSON.stringify(made));
  assert.equal(made.application.requestsMustBeSigned, true);
  return provider;
}

/** A Python that has pysaml2: the system's, where its package is, may be another one than the first in PATH. */
function pythonWithPysaml2(): string | undefined {
  const candidates = [programPath("python"), "/usr/bin/python3"];
  return candidates.find(
    (python) =>
      python !== undefined &&
      existsSync(python) &&
      spawnSync(python, ["-c", "import saml2"], { stdio: "ignore" }).status === 0,
  );
}

async function startPysaml2(settings: SamlProviderSettings, folder: string): Promise<SamlProvider> {
  const file = join(folder, "settings.json");
  writeFileSync(file, JSON.stringify({ ...settings, xmlsec1: programPath("xmlsec1") }));
  const script = join(import.meta.dirname, "pysaml2-provider.py");
  const child = startChild(pythonWithPysaml2() ?? "python3", [script, file], { folder });
  await child.until(async () => (await fetch(`${settings.base}/`)).ok);
  return { base: settings.base, stop: async () => await child.end("SIGTERM") };
}

async function whoIs(browser: HttpBrowser, { base }: SamlProvider) {
  const { text, url } = await browser.open(`${base}/`);
  const parsed = Person.safeParse(JSON.parse(text));
  assert.ok(parsed.success, `${url}: ${text.slice(0, 500)}`);
  return parsed.data.person;
}

/** A browser without scripts presses the button of each form on the way. */
async function onward(browser: HttpBrowser, page: Page): Promise<Page> {
  for (const field of ["SAMLRequest", "SAMLResponse"]) {
    if (page.text.includes(`name="${field}"`))
      return await onward(browser, await browser.send(page, {}, `name="${field}"`));
  }
  return page;
}

async function logIn(browser: HttpBrowser, { base }: SamlProvider, query = ""): Promise<Page> {
  const form = await onward(browser, await browser.open(`${base}/login${query}`));
  assert.match(form.text, /name="password"/, `no login form at ${form.url}: ${form.text.slice(0, 800)}`);
  const sent = await browser.send(form, { username: "alice", password: DEMO_PASSWORD }, 'name="password"');
  return await onward(browser, sent);
}

function walk(name: string, skip: string | false, start: Start): void {
  describe(`a service provider on ${name}`, { skip }, () => {
    let provider: SamlProvider;

    before(async () => {
      provider = await launch(start);
    });

    for (const by of ["redirect", "post", "artifact"]) {
      for (const answer of ["post", "artifact"]) {
        test(`its signed request by ${by} brings alice in, by an answer by ${answer}`, async () => {
          const browser = new HttpBrowser();
          const page = await logIn(browser, provider, `?by=${by}&answer=${answer}`);
          assert.equal(page.url, `${provider.base}/`, page.text.slice(0, 800));
          const person = await whoIs(browser, provider);
          assert.ok(JSON.stringify(person?.attributes).includes("alice@example.org"), JSON.stringify(person));
          assert.match(person?.relayState ?? "", /^from /);
        });
      }
    }

    test("an artifact is taken once", async () => {
      const browser = new HttpBrowser();
      const begun = await browser.request(`${provider.base}/login?by=artifact`);
      const address = begun.headers.get("location") ?? "";
      assert.match(address, /[?&]SAMLart=/);
      assert.match((await browser.open(address)).text, /name="password"/);
      const again = await new HttpBrowser().open(address);
      assert.doesNotMatch(again.text, /name="password"/);
      assert.ok(again.status >= 400);
    });

    test("a wrong password brings nobody in", async () => {
      const browser = new HttpBrowser();
      const form = await browser.open(`${provider.base}/login`);
      const page = await browser.send(form, { username: "alice", password: "wrong" }, 'name="password"');
      assert.match(page.text, /name="password"/);
      assert.equal(await whoIs(browser, provider), null);
    });

    test("the demo's application is entered without a password, and a logout there is one here", async () => {
      const browser = new HttpBrowser();
      await logIn(browser, provider);
      assertShowsAlice(await enter(browser, installation.wiki));
      await logOutAt(browser, installation.wiki);
      assert.equal(await whoIs(browser, provider), null);
    });

    test("a logout begun here is one at the demo's application, and comes back", async () => {
      const browser = new HttpBrowser();
      await logIn(browser, provider);
      assertShowsAlice(await enter(browser, installation.wiki));
      const page = await throughFrames(browser, await browser.open(`${provider.base}/logout`));
      assert.deepEqual(JSON.parse(page.text), { loggedOut: true }, page.url);
      await assertKnowsNobody(browser, installation.wiki);
      assert.match((await browser.open(`${provider.base}/login`)).text, /name="password"/);
    });
  });
}

/** Under CI a missing one is a failure, as for every program. */
const withoutPysaml2 =
  pythonWithPysaml2() === undefined && process.env["CI"] === undefined
    ? "pysaml2 is not installed on this machine"
    : false;
walk("pysaml2", withoutPysaml2 || skipWithout("xmlsec1"), startPysaml2);
