import assert from "node:assert/strict";
import { afterEach, beforeEach, suite, test } from "node:test";
import { oidcApplication } from "../fixtures/oidc/application.ts";
import { samlApplication } from "../fixtures/saml/installation.ts";
import { between, type KeyPages, startKeyPages } from "./key-pages.ts";

const PATH = "/admin/applications/app-1";

suite("our keys on an application's page", () => {
  let pages: KeyPages;
  beforeEach(async () => {
    pages = await startKeyPages();
    await pages.add(
      samlApplication({ name: "Payroll", signResponse: true, encryptNameId: false, ecp: true }),
      oidcApplication({ id: "planner", name: "Planner" }),
    );
  });
  afterEach(async () => {
    await pages.app.close();
  });

  const stored = async () => await pages.app.parts.stores.durable.applications.get("app-1");
  const pinned = async () => {
    const application = await stored();
    return application?.protocol === "saml" ? application.signingKeyId : "none";
  };
  const section = async (path = PATH) =>
    between((await pages.open(path)).body, "Which of our keys it accepts", "</section>");
  const rotate = async () => {
    pages.pass(1);
    await pages.open();
    await pages.step((await pages.key("next")).id, "sign");
  };

  test("tells which one it was last seen to accept, and how that is known", async () => {
    assert.match(await section(), /Last seen to accept<\/dt><dd>Never/);
    const { keyUse } = pages.app.parts;
    keyUse.accepted("app-1", (await pages.key("active")).id, "session-named");
    keyUse.accepted("planner", "a-key-of-old", "logout-answered");
    await keyUse.flush();
    assert.match(await section(), /RSA-2048, .{8}….*ended a session by an index/s);
    const planner = await section("/admin/applications/planner");
    assert.match(planner, /a key that is gone.*answered “logged out” to a logout message/s);
    assert.doesNotMatch(planner, /<form/);
  });

  test("a service provider stays with the key that it knows through a rollover, and goes with everybody when it is ready", async () => {
    const old = await pages.key("active");
    await pages.open(PATH);
    const kept = await pages.post(`${PATH}/key`, { signingKeyId: old.id });
    assert.equal(kept.to, `${PATH}#keys`);
    await rotate();
    const page = await section();
    assert.match(page, /It stays on a key that is to be retired/);
    assert.ok(page.includes(`value="${old.id}" selected`));
    assert.equal(await pinned(), old.id);
    await pages.post(`${PATH}/key`, { signingKeyId: "" });
    assert.equal(await pinned(), undefined);
    assert.doesNotMatch(await section(), /to be retired<\/b>/);
  });

  test("one that was sent a newer key and not seen since is warned of", async () => {
    const { keyUse } = pages.app.parts;
    keyUse.accepted("app-1", (await pages.key("active")).id, "logout-answered");
    await keyUse.flush();
    await rotate();
    keyUse.signed("app-1", (await pages.key("active")).id);
    await keyUse.flush();
    assert.match(await section(), /It was sent a newer key and not seen to accept it/);
  });

  test("offers the keys of its own kind alone, and nothing else is taken", async () => {
    const keys = await pages.app.parts.signingKeys.records();
    const page = await section();
    for (const { id, type } of keys) assert.equal(page.includes(`value="${id}"`), type === "RSA-2048");
    const foreign = keys.find(({ type }) => type === "P-256")?.id ?? "";
    for (const signingKeyId of [foreign, "no-such-key"]) {
      assert.equal((await pages.post(`${PATH}/key`, { signingKeyId })).status, 409);
    }
    assert.equal(
      (await pages.post("/admin/applications/planner/key", { signingKeyId: foreign })).status,
      404,
    );
    assert.equal(await pinned(), undefined);
  });

  test("the other settings of the application stay as they are", async () => {
    const before_ = await stored();
    const { id: signingKeyId } = await pages.key("next");
    await pages.open(PATH);
    await pages.post(`${PATH}/key`, { signingKeyId });
    const after = await stored();
    assert.deepEqual(after, { ...before_, signingKeyId, updatedAtMs: after?.updatedAtMs });
  });
});
