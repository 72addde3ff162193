import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { samlApplication } from "../fixtures/saml/installation.ts";
import { type AdminApp, startAdminApp } from "./admin-app.ts";
import { AdminBrowser, hiddenField } from "./admin-browser.ts";
import { certificate, entityDescriptor } from "./metadata.ts";

const PATH = "/admin/applications/app-1/metadata";
const XML = entityDescriptor(
  { entityId: "https://app.example.com/saml/metadata", acs: "https://new.example/acs" },
  certificate(),
);

suite("the page about where metadata is fetched", () => {
  let app: AdminApp;
  let olga: AdminBrowser;
  before(async () => {
    app = await startAdminApp();
    const waiting = { xml: XML, changes: ["new reply address https://new.example/<acs>"] };
    const metadataSource = {
      url: "https://app.example.com/metadata",
      waiting,
    };
    const { durable } = app.parts.stores;
    await durable.applications.insert(samlApplication({ metadataSource }));
    await durable.metadataFetches.put({
      applicationId: "app-1",
      url: metadataSource.url,
      basis: "",
      lastFetchMs: 1_000,
      lastGoodMs: 1_000,
      nextDueMs: 2_000,
      problem: "The address could not be fetched.",
    });
    olga = await AdminBrowser.as(app, "olga");
  });
  after(async () => {
    await app.close();
  });

  async function stored() {
    const found = await app.parts.stores.durable.applications.get("app-1");
    assert.ok(found?.protocol === "saml");
    return found;
  }

  test("shows what failed and what waits, as text", async () => {
    const page = await olga.get(PATH);
    assert.equal(page.status, 200);
    assert.match(page.body, /The address could not be fetched\. What was fetched before stays in force\./);
    assert.match(page.body, /new reply address https:\/\/new\.example\/&lt;acs&gt;/);
  });

  test("takes what waits when the owner agrees, and only the file that was shown", async () => {
    const page = await olga.get(PATH);
    const digest = hiddenField(page.body, "digest");
    assert.equal(
      (await olga.post(`${PATH}/waiting`, { digest: `${digest}x`, decision: "agree" })).status,
      409,
    );
    assert.equal((await stored()).assertionConsumerServices[0]?.location, "https://app.example.com/saml/acs");
    await olga.get(PATH);
    assert.equal((await olga.post(`${PATH}/waiting`, { digest, decision: "agree" })).to, PATH);
    assert.equal((await stored()).assertionConsumerServices[0]?.location, "https://new.example/acs");
    assert.doesNotMatch((await olga.get(PATH)).body, /Waiting for you/);
  });

  test("changes the address, refuses one that is none, and forgets it when it is emptied", async () => {
    await olga.get(PATH);
    const wrong = await olga.post(PATH, { url: "ftp://x", pin: "" });
    assert.equal(wrong.status, 400);
    assert.match(wrong.body, /must be a whole https address/);
    await olga.post(PATH, { url: "https://other.example/metadata", pin: "" });
    const source = (await stored()).metadataSource;
    assert.deepEqual(source, { url: "https://other.example/metadata" });
    assert.match((await olga.get(PATH)).body, /Not yet: within a minute/);
    await olga.post(PATH, { url: "", pin: "" });
    assert.equal((await stored()).metadataSource, undefined);
  });

  test("fetches at the owner's wish, says what came of it, and not again within the minute", async () => {
    const url = "https://now.example/metadata";
    await olga.get(PATH);
    await olga.post(PATH, { url, pin: "" });
    app.web.pages.set(url, { body: "<html></html>" });
    const failed = await olga.post(`${PATH}/fetch`, {});
    assert.equal(failed.to, `${PATH}?fetched=failed`);
    assert.match((await olga.get(failed.to ?? "")).body, /Fetched: it cannot be used/);
    const asked = app.web.asked.length;
    const again = await olga.post(`${PATH}/fetch`, {});
    assert.match((await olga.get(again.to ?? "")).body, /less than a minute ago/);
    assert.equal(app.web.asked.length, asked);
    // The test's clock does not move the store's: the lease is taken away by hand.
    await app.parts.stores.volatile.delete(["metadata-refresh:app-1"]);
    const entityId = "https://app.example.com/saml/metadata";
    app.web.pages.set(url, { body: entityDescriptor({ entityId }, certificate()) });
    const waiting = await olga.post(`${PATH}/fetch`, {});
    assert.match((await olga.get(waiting.to ?? "")).body, /Fetched: it waits for you[^]*Waiting for you/);
  });

  test("says nothing that the address was made to say", async () => {
    for (const fetched of ["<script>", "toString", "unchanged2"]) {
      const page = await olga.get(`${PATH}?fetched=${encodeURIComponent(fetched)}`);
      assert.equal(page.status, 200);
      assert.doesNotMatch(page.body, /Fetched: /);
    }
  });

  test("is for owners alone", async () => {
    const peter = await AdminBrowser.as(app, "peter");
    assert.equal((await peter.get(PATH)).status, 403);
    assert.equal((await peter.post(PATH, { url: "https://evil.example/" })).status, 403);
  });
});
