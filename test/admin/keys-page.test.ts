import assert from "node:assert/strict";
import { afterEach, beforeEach, suite, test } from "node:test";
import { oidcApplication } from "../fixtures/oidc/application.ts";
import { samlApplication } from "../fixtures/saml/installation.ts";
import { startSecondProcess } from "./admin-app.ts";
import { AdminBrowser, hiddenField } from "./admin-browser.ts";
import { between, keyPagesOf, KEYS, type KeyPages, rowOf, startKeyPages } from "./key-pages.ts";

const saml = (name: string, signingKeyId?: string) =>
  samlApplication({
    id: `app-${name}`,
    name,
    entityId: `https://${name.toLowerCase()}.example`,
    signingKeyId,
  });

suite("the page of the signing keys", () => {
  let pages: KeyPages;
  beforeEach(async () => {
    pages = await startKeyPages();
  });
  afterEach(async () => {
    await pages.app.close();
  });

  const states = async () =>
    (await pages.app.parts.signingKeys.records())
      .filter(({ type }) => type === "RSA-2048")
      .map(({ state }) => state)
      .toSorted();
  const trail = async () =>
    (await pages.app.parts.stores.durable.audit.list({ limit: 100 })).items.filter(({ action }) =>
      action.startsWith("key"),
    );

  test("shows each key with its state, id, certificate and fingerprint, and nothing of its private half", async () => {
    const { body } = await pages.open();
    for (const record of await pages.app.parts.signingKeys.records()) {
      assert.ok(body.includes(record.id));
      assert.ok(!body.includes(record.sealedPrivateKey));
      assert.ok(body.includes(`/admin/certificates/${record.id}`));
    }
    assert.match(body, /Certificate of localhost, ends .*SHA-256 <span class="mono">(?:[0-9A-F]{2}:){31}/);
    assert.match(body, /<h2>RSA-2048<\/h2>/);
    assert.match(body, /<h2>P-256<\/h2>/);
  });

  test("before its time the next key signs with a reason alone, which the trail keeps", async () => {
    await pages.add(saml("Payroll"));
    const next = await pages.key("next");
    const page = await pages.open();
    assert.match(page.body, /it signs, from <time datetime="2026-11-25T12:00:00\.000Z"/);
    assert.match(page.body, /It is too early\.<\/b> Until they have read our keys again.*: Payroll\./);
    const refused = await pages.step(next.id, "sign", " ");
    assert.equal(refused.status, 400);
    assert.match(refused.body, /<title>Not done/);
    assert.match(refused.body, /<details class="confirm" open>/);
    assert.deepEqual([(await pages.key("next")).id, await trail()], [next.id, []]);
    const done = await pages.step(next.id, "sign", "the old one leaked");
    assert.equal(done.to, `${KEYS}?done=sign`);
    assert.equal((await pages.key("active")).id, next.id);
    assert.deepEqual((await trail())[0]?.detail, { early: true, reason: "the old one leaked" });
  });

  test("when everybody has read it the next key signs without a reason, and says whom it may be new to", async () => {
    await pages.add(saml("Payroll"), oidcApplication({ id: "planner", name: "Planner" }));
    const next = await pages.key("next");
    pages.pass(1);
    const page = await pages.open();
    assert.doesNotMatch(page.body, /too early/);
    assert.match(page.body, /It may be so at: Payroll\./);
    assert.equal((await pages.step(next.id, "sign")).status, 303);
    const after = await pages.open(`${KEYS}?done=sign`);
    assert.match(after.body, /The next key signs from now on/);
    assert.equal((await pages.key("active")).id, next.id);
    assert.deepEqual((await trail())[0]?.detail, {});
  });

  test("a retiring key is retired after a week, and stays on the page as retired, with nothing to do", async () => {
    pages.pass(1);
    await pages.open();
    await pages.step((await pages.key("next")).id, "sign");
    const old = await pages.key("retiring");
    pages.pass(6);
    await pages.open();
    assert.equal((await pages.step(old.id, "retire")).status, 400);
    pages.pass(1);
    await pages.open();
    assert.equal((await pages.step(old.id, "retire")).to, `${KEYS}?done=retire`);
    assert.deepEqual(await states(), ["active", "next"]);
    const { body } = await pages.open();
    const entry = between(body, "Retired<small>", "</li>");
    assert.ok(entry.includes(old.id));
    assert.doesNotMatch(entry, /<form|Download/);
  });

  test("a key that applications stay with is not retired, whatever is sent; the page says who holds it back", async () => {
    pages.pass(1);
    await pages.open();
    const old = await pages.key("active");
    await pages.step((await pages.key("next")).id, "sign");
    await pages.add(saml("Payroll", old.id), saml("Library"));
    pages.pass(30);
    const page = await pages.open();
    assert.match(page.body, /One application stays on a key that is to be retired/);
    const panel = between(page.body, "It cannot be retired yet", "</li>");
    assert.match(panel, /href="\/admin\/applications\/app-Payroll#keys">Payroll<\/a>\s+stays with it/);
    assert.doesNotMatch(panel, /value="retire"|Library/);
    const refused = await pages.step(old.id, "retire", "I want to");
    assert.equal(refused.status, 409);
    assert.match(refused.body, /held back by Payroll/);
    await pages.open("/admin/applications/app-Payroll");
    await pages.post("/admin/applications/app-Payroll/key", { signingKeyId: "" });
    assert.equal((await pages.step(old.id, "retire")).status, 303);
  });

  test("goes back to the key before, at once and without a reason", async () => {
    const [old, next] = [await pages.key("active"), await pages.key("next")];
    pages.pass(1);
    await pages.open();
    await pages.step(next.id, "sign");
    await pages.open();
    assert.equal((await pages.step(old.id, "go-back")).to, `${KEYS}?done=go-back`);
    assert.deepEqual([(await pages.key("active")).id, (await pages.key("retiring")).id], [old.id, next.id]);
  });

  test("an old page changes nothing: a step that was made is refused, and so is one for a key that is not there", async () => {
    const next = await pages.key("next");
    pages.pass(1);
    await pages.open();
    await pages.step(next.id, "sign");
    const before_ = await states();
    const again = await pages.step(next.id, "sign", "once more");
    assert.equal(again.status, 409);
    assert.match(again.body, /The key is active by now, not next/);
    assert.equal((await pages.step("nothing", "retire", "x")).status, 404);
    assert.equal((await pages.step(next.id, "destroy")).status, 400);
    assert.deepEqual([await states(), (await trail()).length], [before_, 1]);
  });

  test("a person who is no owner, and a form without our token, make no step and change no schedule", async () => {
    const { id: keyId } = await pages.key("next");
    pages.pass(1);
    const version = hiddenField((await pages.open()).body, "version");
    const peter = await AdminBrowser.as(pages.app, "peter");
    for (const [path, fields] of [
      [`${KEYS}/step`, { keyId, step: "sign" }],
      [`${KEYS}/schedule`, { version, rotateEveryDays: "30", slowestReaderHours: "24" }],
    ] as const) {
      assert.equal((await peter.post(path, fields)).status, 403);
      assert.equal((await pages.post(path, { ...fields, csrf: peter.csrf })).status, 403);
    }
    assert.deepEqual([(await pages.key("next")).id, await trail()], [keyId, []]);
    assert.equal((await pages.app.parts.stores.durable.settings.all())["key-rollover"], undefined);
  });

  test("names of applications are text, also where they are cut off", async () => {
    await pages.add(samlApplication({ id: "app-x", name: "<script>alert(1)</script>" }));
    const { body } = await pages.open();
    assert.match(body, /&lt;script&gt;/);
    assert.doesNotMatch(body, /<script>/);
  });

  test("names ten applications that would be cut off, and counts the others; those that stay are not among them", async () => {
    const active = await pages.key("active");
    const many = Array.from({ length: 12 }, (_, n) => saml(`App${n + 10}`));
    await pages.add(...many, saml("Stays", active.id));
    const { body } = await pages.open();
    const form = between(body, "It is too early.", "</details>");
    assert.match(form, /App10, App11, .*, App19 and 2 more\./);
    assert.doesNotMatch(form, /Stays|App20/);
  });

  test("keeps the schedule, with the date of each next step, and takes it back", async () => {
    const page = await pages.open();
    const version = hiddenField(page.body, "version");
    const form = { version, rotateEveryDays: "30", slowestReaderHours: "48" };
    assert.equal((await pages.post(`${KEYS}/schedule`, form)).to, `${KEYS}?done=schedule`);
    const stored = (await pages.app.parts.stores.durable.settings.all())["key-rollover"];
    assert.deepEqual(stored?.value, { rotateEveryDays: 30, slowestReaderHours: 48 });
    const shown = await pages.open();
    assert.match(shown.body, /By itself from <time datetime="2026-12-24T12:00:00\.000Z"/);
    const off = { version: hiddenField(shown.body, "version"), slowestReaderHours: "24" };
    assert.equal((await pages.post(`${KEYS}/schedule`, off)).status, 303);
    assert.doesNotMatch((await pages.open()).body, /By itself from/);
  });

  test("a schedule that would cut somebody off is refused at its field, as it was typed", async () => {
    const version = hiddenField((await pages.open()).body, "version");
    for (const [rotateEveryDays, slowestReaderHours, field] of [
      ["6", "24", "rotateEveryDays"],
      ["often", "24", "rotateEveryDays"],
      ["30", "5", "slowestReaderHours"],
      ["30", "", "slowestReaderHours"],
    ] as const) {
      const form = { version, rotateEveryDays, slowestReaderHours };
      const answer = await pages.post(`${KEYS}/schedule`, form);
      assert.equal(answer.status, 400);
      assert.ok(answer.body.includes(`id="${field}-wrong"`), field);
      assert.ok(answer.body.includes(`value="${rotateEveryDays}"`));
    }
    assert.equal((await pages.app.parts.stores.durable.settings.all())["key-rollover"], undefined);
  });

  test("of two owners who change the schedule of one page the second is told, and undoes nothing", async () => {
    const version = hiddenField((await pages.open()).body, "version");
    await pages.post(`${KEYS}/schedule`, { version, rotateEveryDays: "30", slowestReaderHours: "24" });
    const second = await pages.post(`${KEYS}/schedule`, { version, slowestReaderHours: "100" });
    assert.equal(second.status, 409);
    const stored = (await pages.app.parts.stores.durable.settings.all())["key-rollover"];
    assert.deepEqual(stored?.value, { rotateEveryDays: 30, slowestReaderHours: 24 });
  });
});

suite("the table of what applications were last seen to accept", () => {
  let pages: KeyPages;
  beforeEach(async () => {
    pages = await startKeyPages();
  });
  afterEach(async () => {
    await pages.app.close();
  });

  test("tells the key, when, and how that is known; without a proof it says so", async () => {
    const { clock, parts } = pages.app;
    const active = await pages.key("active");
    await pages.add(saml("Payroll"), saml("Library"), saml("Quiet"));
    parts.keyUse.accepted("app-Payroll", active.id, "logout-answered");
    parts.keyUse.accepted("app-Library", active.id, "session-named");
    parts.keyUse.signed("app-Quiet", active.id);
    await parts.keyUse.flush();
    clock.advance(1_000);
    const { body } = await pages.open();
    assert.match(rowOf(body, "Payroll"), /RSA-2048, .*… Signs .*answered “logged out” to a message under it/);
    assert.match(rowOf(body, "Library"), /ended a session whose index only an answer under it had told/);
    assert.match(rowOf(body, "Quiet"), /last 24 November 2026 Never seen/);
  });

  test("marks who would be cut off, the worst first", async () => {
    const { parts, clock } = pages.app;
    const old = await pages.key("active");
    pages.pass(1);
    await pages.open();
    await pages.step((await pages.key("next")).id, "sign");
    const active = await pages.key("active");
    await pages.add(
      saml("Early"),
      saml("Held", old.id),
      saml("Missed"),
      saml("Moved", active.id),
      oidcApplication({ id: "planner", name: "Planner" }),
      samlApplication({ id: "off", name: "Off", enabled: false, entityId: "https://off.example" }),
    );
    parts.keyUse.accepted("app-Missed", old.id, "logout-answered");
    await parts.keyUse.flush();
    clock.advance(1_000);
    parts.keyUse.signed("app-Missed", active.id);
    await parts.keyUse.flush();
    const { body } = await pages.open();
    const order = ["Held", "Missed", "Early", "Planner", "Moved", "Off"].map((name) =>
      body.indexOf(`>${name}</a>`),
    );
    assert.deepEqual(
      order.toSorted((a, b) => a - b),
      order,
    );
    assert.match(rowOf(body, "Held"), /Cut off when its key is retired/);
    assert.match(rowOf(body, "Missed"), /Not since/);
    assert.match(rowOf(body, "Early"), /Cut off if the next key signed now/);
    assert.match(rowOf(body, "Moved"), /Stays with its key/);
    assert.match(rowOf(body, "Off"), /switched off.*Untouched/);
    assert.match(body, /One application was sent a newer key/);
    pages.pass(1);
    const later = await pages.open();
    assert.match(rowOf(later.body, "Early"), /By metadata not where a certificate was handed over/);
    assert.match(rowOf(later.body, "Planner"), /By JWKS/);
  });

  test("is in pages of 25", async () => {
    await pages.add(...Array.from({ length: 26 }, (_, n) => saml(`App${n + 10}`)));
    const first = await pages.open();
    assert.match(first.body, /1 to 25 of 26/);
    const second = await pages.open(`${KEYS}?page=2`);
    assert.ok(second.body.includes(">App35</a>") && !second.body.includes(">App34</a>"));
    assert.match((await pages.open(`${KEYS}?page=nonsense`)).body, /1 to 25 of 26/);
  });
});

suite("two processes on one database", () => {
  test("make a step that is sent to both at the same moment once", async () => {
    const one = await startKeyPages();
    const other = await keyPagesOf(await startSecondProcess(one.app));
    const next = await one.key("next");
    assert.equal((await other.key("next")).id, next.id);
    const answers = await Promise.all([one.step(next.id, "sign", "now"), other.step(next.id, "sign", "now")]);
    assert.deepEqual(
      answers.map(({ status }) => status).toSorted((a, b) => a - b),
      [303, 409],
    );
    assert.equal((await one.key("active")).id, next.id);
    const { items } = await one.app.parts.stores.durable.audit.list({ limit: 10, action: "key.activated" });
    assert.equal(
      items.filter(({ outcome }) => outcome === "success").length -
        items.filter(({ outcome }) => outcome === "failure").length,
      1,
    );
    await other.app.close();
    await one.app.close();
  });
});
