import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { DEMO_PASSWORD } from "../../examples/parts/demo-installation.ts";
import { federationAdd, federationRemove } from "../../src/cli/federation.ts";
import { withInstallation } from "../../src/cli/installation.ts";
import type { SamlApplication } from "../../src/model/application.ts";
import { CERTIFICATE, KEY, plain } from "../attack/saml/odd-federations.ts";
import { temporaryFolder } from "../fixtures/children.ts";
import { federationText } from "../fixtures/saml/federation-file.ts";
import { skipWithout, startPostgres, startRedis } from "../fixtures/servers.ts";
import { HttpBrowser } from "./http-browser.ts";
import { startInstallation, type TestInstallation } from "./installation.ts";

const MEMBER = "https://member.example/sp";
const AT_ONCE = 30;

describe("every member of a federation may sign on, at two processes", {
  skip: skipWithout("redis") || skipWithout("postgres"),
}, () => {
  const undo: (() => Promise<void>)[] = [];
  const folder = temporaryFolder("federation");
  let installation: TestInstallation;
  let browser: HttpBrowser;

  before(async () => {
    const redis = await startRedis();
    undo.push(async () => await redis.stop());
    const postgres = await startPostgres();
    undo.push(async () => await postgres.stop());
    const stores = { redisUrl: redis.url, databaseUrl: await postgres.freshDatabase() };
    installation = await startInstallation({ processes: 2, stores });
    undo.push(async () => await installation.stop());
    browser = new HttpBrowser();
    const form = await browser.open(`${installation.gatehouse}/login`);
    await browser.send(form, { username: "bob", password: DEMO_PASSWORD }, 'name="password"');
  });
  after(async () => {
    for (const step of undo.toReversed()) await step();
  });

  const surroundings = () => ({
    environment: installation.environment,
    user: "test",
    say: () => undefined,
    stdin: process.stdin,
  });

  function signOnUrl(entityId: string): string {
    const xml = `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_${randomBytes(16).toString("hex")}" Version="2.0" IssueInstant="${new Date().toISOString()}" Destination="${installation.gatehouse}/saml/sso"><saml:Issuer>${entityId}</saml:Issuer></samlp:AuthnRequest>`;
    const query = new URLSearchParams({ SAMLRequest: deflateRawSync(xml).toString("base64") });
    return `${installation.gatehouse}/saml/sso?${query.toString()}`;
  }

  async function signOns(entityId: string): Promise<readonly string[]> {
    return await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        const response = await browser.request(signOnUrl(entityId));
        const text = await response.text();
        const answer = /name="SAMLResponse" value="([^"]+)"/.exec(text)?.[1] ?? "";
        const isIn = Buffer.from(answer, "base64").includes("status:Success");
        return isIn && text.includes(`action="${entityId}/acs"`)
          ? "signed on"
          : `refused: ${response.status}`;
      }),
    );
  }

  async function applicationsOf(entityId: string): Promise<readonly SamlApplication[]> {
    return await withInstallation(surroundings(), async ({ parts }) =>
      (await parts.stores.durable.applications.all()).flatMap((each) =>
        each.protocol === "saml" && each.entityId === entityId ? [each] : [],
      ),
    );
  }

  test("a stranger does not; after the federation was added its member does, and is registered once", async () => {
    assert.deepEqual(new Set(await signOns(MEMBER)).has("signed on"), false);
    const file = join(folder, "federation.xml");
    writeFileSync(file, federationText([plain(MEMBER)], { key: KEY.privateKey }));
    const pin = join(folder, "pin.pem");
    writeFileSync(pin, `-----BEGIN CERTIFICATE-----\n${CERTIFICATE}\n-----END CERTIFICATE-----\n`);
    const args = [file, "--name", "Schools", "--pinned-certificate", pin, "--allow-all-members"];
    await federationAdd.run(args, surroundings());

    assert.deepEqual(new Set(await signOns(MEMBER)), new Set(["signed on"]));
    const [application, ...others] = await applicationsOf(MEMBER);
    assert.equal(others.length, 0);
    assert.notEqual(application?.membership?.federationId, undefined);
  });

  test("one that is no member does not, and after the federation was removed nobody of it does", async () => {
    assert.equal((await signOns("https://stranger.example/sp")).includes("signed on"), false);
    await federationRemove.run(["Schools"], surroundings());
    assert.equal((await signOns(MEMBER)).includes("signed on"), false);
    assert.equal((await applicationsOf(MEMBER))[0]?.enabled, false);
  });
});
