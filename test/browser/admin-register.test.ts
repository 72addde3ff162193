import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { DEMO_PASSWORD } from "../../examples/parts/demo-installation.ts";
import { samlApplicationMetadata } from "../../examples/parts/saml-library.ts";
import { createSamlApplication } from "../../examples/saml-application.ts";
import { selfSignedCertificate } from "../../src/keys/certificate.ts";
import { temporaryFolder } from "../fixtures/children.ts";
import { skipWithout } from "../fixtures/programs.ts";
import { startInstallation, type TestInstallation } from "../journey/installation.ts";
import { startChromium } from "./chromium.ts";

/** A service provider that Gatehouse does not know yet, with its metadata in a file. */
interface Payroll {
  readonly url: string;
  readonly metadataFile: string;
  readonly server: Server;
}

async function startPayroll(gatehouse: string): Promise<Payroll> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("it listens on no port");
  const url = `http://127.0.0.1:${address.port}`;
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const certificate = selfSignedCertificate(
    "RSA-2048",
    privateKey,
    "Payroll",
    Date.now(),
    Buffer.alloc(15, 9),
  );
  const settings = {
    baseUrl: url,
    gatehouse,
    otherUrl: url,
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    certificate: `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`,
  };
  server.on("request", createSamlApplication(settings));
  const metadataFile = join(temporaryFolder("payroll"), "payroll-metadata.xml");
  writeFileSync(metadataFile, samlApplicationMetadata(settings));
  return { url, metadataFile, server };
}

describe("an owner in a real browser", { skip: skipWithout("chromium") }, () => {
  const undo: (() => Promise<void>)[] = [];
  let installation: TestInstallation;
  let chrome: Browser;
  let payroll: Payroll;

  before(async () => {
    installation = await startInstallation({ processes: 1 });
    undo.push(async () => await installation.stop());
    payroll = await startPayroll(installation.gatehouse);
    undo.push(async () => {
      payroll.server.close();
      payroll.server.closeAllConnections();
      await Promise.resolve();
    });
    chrome = await startChromium();
    undo.push(async () => await chrome.close());
  });

  after(async () => {
    for (const step of undo.toReversed()) await step();
  });

  async function logIn(page: Page, username: string): Promise<void> {
    await page.locator("input[name=username]").fill(username);
    await page.locator("input[name=password]").fill(DEMO_PASSWORD);
    await page.getByRole("button", { name: "Log in" }).click();
  }

  test("registers a service provider from its metadata file, without scripts, and enters it a moment later", async () => {
    const context = await chrome.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${installation.gatehouse}/admin/applications/new`);
    await logIn(page, "alice");
    assert.equal(
      page.url(),
      `${installation.gatehouse}/admin/applications/new`,
      "back where she wanted to go",
    );
    await page.getByLabel("Metadata file").setInputFiles(payroll.metadataFile);
    await page.getByRole("button", { name: "Check the metadata" }).click();
    assert.match((await page.locator(".lead").textContent()) ?? "", /payroll-metadata\.xml says/);
    assert.ok(await page.getByText("AssertionConsumerService").first().isVisible());
    await page.getByLabel("Name that people see").fill("Payroll");
    await page.getByRole("button", { name: /^Register it/ }).click();
    assert.equal(await page.locator("h1").textContent(), "Payroll");
    assert.ok(await page.getByText("Payroll is registered").isVisible());
    const there = await context.newPage();
    await there.goto(`${payroll.url}/login`);
    await there.locator("form:has(input[name=SAMLResponse]) button").click();
    assert.match(await there.content(), /Hello, Alice Example/);
    await context.close();
  });

  test("switches it off: nobody enters it any more; and on again", async () => {
    const context = await chrome.newContext();
    const page = await context.newPage();
    await page.goto(`${installation.gatehouse}/admin/applications?q=Payroll`);
    await logIn(page, "alice");
    // The way back after the login is a page, not a search.
    await page.getByLabel("Find").fill("Payroll");
    await page.getByRole("button", { name: "Show" }).click();
    await page.getByRole("link", { name: "Payroll" }).click();
    await page.locator("summary", { hasText: "Switch off" }).click();
    await page.getByRole("button", { name: "Switch Payroll off" }).click();
    const there = await context.newPage();
    await there.goto(`${payroll.url}/login`);
    assert.doesNotMatch(await there.content(), /Hello, Alice Example/);
    await page.getByRole("button", { name: "Switch Payroll on" }).click();
    await there.goto(`${payroll.url}/login`);
    await there.getByText("Hello, Alice Example").waitFor();
    await context.close();
  });

  test("switches bob off: bob is out at his next click, and cannot log in again", async () => {
    const [hers, his] = [await chrome.newContext(), await chrome.newContext()];
    const [alice, bob] = [await hers.newPage(), await his.newPage()];
    await bob.goto(`${installation.gatehouse}/login`);
    await logIn(bob, "bob");
    assert.equal(await bob.locator("h1").textContent(), "My applications");
    await bob.goto(`${installation.gatehouse}/admin`);
    assert.equal(await bob.locator("h1").textContent(), "This page is not open to your account");
    await alice.goto(`${installation.gatehouse}/admin/accounts`);
    await logIn(alice, "alice");
    await alice.getByRole("link", { name: "bob" }).click();
    await alice.locator("summary", { hasText: "Switch off" }).click();
    await alice.getByRole("button", { name: "Switch bob off" }).click();
    assert.ok(await alice.getByText("nowhere").isVisible());
    await bob.goto(`${installation.gatehouse}/`);
    await logIn(bob, "bob");
    assert.ok(await bob.locator("input[name=password]").isVisible(), "he is asked again, and again");
    await alice.goto(`${installation.gatehouse}/admin/audit`);
    assert.match((await alice.locator("tbody").textContent()) ?? "", /Switched off the account bob/);
    await Promise.all([hers.close(), his.close()]);
  });
});
