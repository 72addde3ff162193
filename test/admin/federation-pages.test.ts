import assert from "node:assert/strict";
import { after, before, beforeEach, suite, test } from "node:test";
import type { Federation } from "../../src/model/federation.ts";
import { member as memberText } from "../fixtures/saml/federation-file.ts";
import { A, B, fileOf, PEM, URL_OF_FILE } from "./acts/federation-installation.ts";
import { type AdminApp, startAdminApp } from "./admin-app.ts";
import { AdminBrowser, type Answer, type Fields, hidden, hiddenField } from "./admin-browser.ts";
import { certificate } from "./metadata.ts";

const LIST = "/admin/federations";
const NEW = `${LIST}/new`;
const HOSTILE = '"><script>alert(1)</script>';
const UNSIGNED = {};

let app: AdminApp;
let olga: AdminBrowser;

before(async () => {
  app = await startAdminApp();
  olga = await AdminBrowser.as(app, "olga");
});
after(async () => {
  await app.close();
});
beforeEach(async () => {
  const { federations, applications } = app.parts.stores.durable;
  for (const { id } of await federations.all()) await federations.delete(id);
  for (const { id } of await applications.all()) await applications.delete(id);
  await app.parts.applications.reload();
  app.web.pages.clear();
});

const check = async (fields: Fields, content = ""): Promise<Answer> =>
  await olga.upload(`${NEW}/check`, { name: content === "" ? "" : "f.xml", content }, fields);

/** Adds one as an owner does, and follows to its page. */
async function added(
  fields: Fields,
  content = "",
): Promise<{ readonly path: string; readonly page: Answer }> {
  await olga.get(NEW);
  const checked = await check({ name: "Universities", ...fields }, content);
  assert.equal(checked.status, 200, checked.body.replaceAll(/<[^>]+>/g, " "));
  const { to = "" } = await olga.post(`${NEW}/add`, { draft: hiddenField(checked.body, "draft") });
  return { path: to.replace(/\?.*/, ""), page: await olga.get(to) };
}

async function stored(): Promise<Federation> {
  const [first] = await app.parts.stores.durable.federations.all();
  assert.ok(first !== undefined);
  return first;
}

async function actions(): Promise<readonly string[]> {
  const { items } = await app.parts.stores.durable.audit.list({ limit: 100 });
  return items.map(({ action, actorName }) => `${action} ${actorName ?? "system"}`);
}

const free = async (key: string) => await app.parts.stores.volatile.delete([key]);

suite("a federation is added", () => {
  test("from an address, when its file has been fetched, checked and shown", async () => {
    app.web.pages.set(URL_OF_FILE, { body: fileOf([{ entityId: A, name: "Wiki" }, { entityId: B }]) });
    await olga.get(NEW);
    const checked = await check({ name: "Universities", url: URL_OF_FILE, pin: PEM });
    assert.match(checked.body, /signed by the pinned certificate’s key/);
    assert.match(checked.body, /Two service providers of SAML 2\.0/);
    assert.match(checked.body, /It never runs out/);
    assert.deepEqual(await app.parts.stores.durable.federations.all(), []);
    const draft = hiddenField(checked.body, "draft");
    const { to } = await olga.post(`${NEW}/add`, { draft });
    const { id, name, url, allowAllMembers, copy } = await stored();
    assert.deepEqual([name, url, allowAllMembers, copy?.members], ["Universities", URL_OF_FILE, false, 2]);
    assert.equal(to, `${LIST}/${id}?fetched=added`);
    const trail = await olga.get(`/admin/audit?target=${id}`);
    assert.match(trail.body, new RegExp(`Added the federation <a href="${LIST}/${id}">Universities</a>`));
    const page = await olga.get(to);
    assert.match(page.body, /Universities is added/);
    assert.match(page.body, /2 added, 0 removed, 0 changed/);
    assert.match((await olga.get(LIST)).body, /Universities<\/a>[^]*In force/);
    // The form counts once.
    assert.equal((await olga.post(`${NEW}/add`, { draft })).status, 410);
    assert.equal((await app.parts.stores.durable.federations.all()).length, 1);
  });

  test("from a file and from a paste, and each says who vouches for it", async () => {
    const file = fileOf([{ entityId: A }], UNSIGNED);
    const { page } = await added({ allowAllMembers: "on" }, file);
    assert.match(page.body, /handed over by hand[^]*not checked: no certificate is pinned/);
    assert.equal((await stored()).allowAllMembers, true);
    const checked = await check({ name: "Schools", xml: file });
    assert.match(checked.body, /You vouch for the file by handing it over/);
  });

  test("not before the owner has seen that whoever answers at the address could let anybody in", async () => {
    app.web.pages.set(URL_OF_FILE, { body: fileOf([{ entityId: A }], UNSIGNED) });
    const checked = await check({ name: "Universities", url: URL_OF_FILE, allowAllMembers: "on" });
    assert.match(checked.body, /no signature was checked[^]*they could let anybody in/);
    const { page } = await added({ url: URL_OF_FILE, allowAllMembers: "on" });
    assert.match(page.body, /Whoever answers at its address says who may sign on/);
  });

  test("with a word about it where the file has changed between the check and the end", async () => {
    app.web.pages.set(URL_OF_FILE, { body: fileOf([{ entityId: A }]) });
    const checked = await check({ name: "Universities", url: URL_OF_FILE, pin: PEM });
    app.web.pages.set(URL_OF_FILE, { body: fileOf([{ entityId: B }]) });
    const { to } = await olga.post(`${NEW}/add`, { draft: hiddenField(checked.body, "draft") });
    assert.match((await olga.get(to ?? "")).body, /Added, from a newer file/);
  });

  test("by its own owner alone: another one's draft is not found", async () => {
    const checked = await check({ name: "Universities" }, fileOf([{ entityId: A }]));
    const otto = await AdminBrowser.as(app, "otto");
    const answer = await otto.post(`${NEW}/add`, { draft: hiddenField(checked.body, "draft") });
    assert.equal(answer.status, 410);
    assert.deepEqual(await app.parts.stores.durable.federations.all(), []);
  });
});

suite("a federation is not added", () => {
  const file = fileOf([{ entityId: A }], UNSIGNED);
  const wrong: readonly (readonly [string, Fields, string, RegExp])[] = [
    ["without a name", { name: " ", xml: file }, "", /must have 1 to 100 characters/],
    ["without a file", { name: "x" }, "", /one of the three/],
    ["with a file and an address", { name: "x", url: URL_OF_FILE }, file, /one of the three/],
    ["with a file and a paste", { name: "x", xml: file }, file, /one of the three/],
    ["with an address that is none", { name: "x", url: "ftp://x" }, "", /whole https address/],
    ["with an address that does not answer", { name: "x", url: URL_OF_FILE }, "", /could not be fetched/],
    ["with a pin that is no certificate", { name: "x", pin: "hello", xml: file }, "", /no PEM certificate/],
    ["with a file that is not signed", { name: "x", pin: PEM, xml: file }, "", /not signed as it must be/],
    ["with a file that is no XML", { name: "x", xml: "hello" }, "", /cannot be read/],
    ["with a DOCTYPE", { name: "x", xml: `<!DOCTYPE x>${file}` }, "", /cannot be read/],
  ];
  for (const [name, fields, content, message] of wrong) {
    test(`not ${name}, and what was typed stays in the form`, async () => {
      const answer = await check({ ...fields, allowAllMembers: "on" }, content);
      assert.equal(answer.status, 400);
      assert.match(answer.body, /<title>Not checked/);
      assert.match(answer.body, message);
      assert.match(answer.body, /name="allowAllMembers" checked/);
      assert.deepEqual(await app.parts.stores.durable.federations.all(), []);
    });
  }

  test("not with bytes that are no UTF-8, not twice under one name, and two checks of one owner do not run at once", async () => {
    const latin = await olga.upload(
      `${NEW}/check`,
      { name: "f.xml", content: new Uint8Array([0xff, 0xfe]) },
      { name: "x" },
    );
    assert.match(latin.body, /The file is not UTF-8\./);
    await added({}, file);
    assert.match(
      (await check({ name: "Universities" }, file)).body,
      /There is a federation named Universities\./,
    );
    await app.parts.stores.volatile.set(`federation-check:${app.ids.olga}`, "1", 60_000);
    assert.match((await check({ name: "Other" }, file)).body, /Another file of yours is being checked/);
    await free(`federation-check:${app.ids.olga}`);
  });

  test("not by a form that has a field which the page does not send", async () => {
    assert.equal((await check({ name: "x", id: "1" }, file)).status, 400);
    assert.equal((await check({ name: "x", version: "1" }, file)).status, 400);
  });
});

suite("the page of a federation", () => {
  test("fetches its file at an owner's wish, once a minute, and says what came of it", async () => {
    app.web.pages.set(URL_OF_FILE, { body: fileOf([{ entityId: A }]), etag: '"1"' });
    const { path } = await added({ url: URL_OF_FILE, pin: PEM });
    const fetched = async (): Promise<string> => {
      await free(`federation-fetch:${path.split("/").at(-1)}`);
      return (await olga.get((await olga.post(`${path}/fetch`, {})).to ?? "")).body;
    };
    assert.match(await fetched(), /Read: nothing is new/);
    assert.equal(app.web.asked.at(-1)?.known?.etag, '"1"');
    const asked = app.web.asked.length;
    const again = await olga.post(`${path}/fetch`, {});
    assert.match((await olga.get(again.to ?? "")).body, /less than a minute ago/);
    assert.equal(app.web.asked.length, asked);
    app.web.pages.set(URL_OF_FILE, { body: fileOf([{ entityId: B }]) });
    assert.match(await fetched(), /Read: the new file is in force[^]*1 added, 1 removed, 0 changed/);
    app.web.pages.set(URL_OF_FILE, { body: "hello" });
    assert.match(await fetched(), /Read: it cannot be used[^]*The copy before stays in force/);
    assert.equal((await stored()).copy?.members, 1);
    assert.ok((await actions()).includes("federation.failed olga"));
    assert.match((await olga.get(LIST)).body, /Fetch failed/);
  });

  test("takes a newer file where there is no address, and none where there is one", async () => {
    const { path } = await added({}, fileOf([{ entityId: A }], UNSIGNED));
    const newer = { name: "f.xml", content: fileOf([{ entityId: B }], UNSIGNED) };
    const answer = await olga.upload(`${path}/file`, newer);
    assert.match((await olga.get(answer.to ?? "")).body, /Read: the new file is in force/);
    const nothing = await olga.upload(`${path}/file`, { name: "", content: "" });
    assert.match((await olga.get(nothing.to ?? "")).body, /No file came/);
    assert.equal((await olga.upload(`${path}/file`, newer, { xml: "too" })).status, 400);
    app.web.pages.set(URL_OF_FILE, { body: newer.content });
    const other = await added({ name: "Schools", url: URL_OF_FILE });
    assert.equal((await olga.upload(`${other.path}/file`, newer)).status, 404);
  });

  test("finds a member by its entityID and by words, registers it, and shows it as registered", async () => {
    const names = Array.from({ length: 30 }, (_, count) => ({
      entityId: `https://m${count}.example/sp`,
      name: `M ${count}`,
    }));
    const { path, page } = await added({}, fileOf(names, UNSIGNED));
    assert.match(page.body, /25 of 30/);
    const next = /href="([^"]+)" rel="next"/.exec(page.body)?.[1]?.replaceAll("&amp;", "&") ?? "";
    assert.match((await olga.get(next)).body, /5 of 30/);
    assert.match((await olga.get(`${path}?after=guess`)).body, /25 of 30/);
    const entityId = "https://m7.example/sp";
    const exact = await olga.get(`${path}?q=${encodeURIComponent(entityId)}`);
    assert.match(exact.body, /1 of 1 that match/);
    assert.match((await olga.get(`${path}?q=m2`)).body, /11 of 11 that match/);
    assert.match((await olga.get(`${path}?q=nothing`)).body, /No member matches/);
    const done = await olga.post(`${path}/register`, { entityId });
    assert.match(done.to ?? "", /^\/admin\/applications\/[\w-]+\?registered$/);
    assert.equal(
      app.parts.applications.samlByEntityId(entityId)?.membership?.federationId,
      (await stored()).id,
    );
    assert.match((await olga.get(`${path}?q=${encodeURIComponent(entityId)}`)).body, /Registered</);
    assert.equal((await olga.post(`${path}/register`, { entityId })).status, 409);
    assert.equal((await olga.post(`${path}/register`, { entityId: "https://none.example" })).status, 404);
  });

  test("lets an application that was registered by hand follow it, when an owner confirms", async () => {
    const { path } = await added({}, fileOf([{ entityId: A }], UNSIGNED));
    await olga.post(`${path}/register`, { entityId: A });
    const found = app.parts.applications.samlByEntityId(A);
    assert.ok(found !== undefined);
    await app.parts.stores.durable.applications.update({ ...found, membership: undefined });
    await app.parts.applications.reload();
    const page = await olga.get(`${path}?q=${encodeURIComponent(A)}`);
    assert.match(page.body, /does not follow this federation[^]*Take the federation’s metadata/);
    await olga.post(`${path}/register`, { entityId: A, replace: "on" });
    assert.notEqual(app.parts.applications.samlByEntityId(A)?.membership, undefined);
  });

  test("shows members whose new key waits, and an owner settles it on the application's page", async () => {
    app.web.pages.set(URL_OF_FILE, { body: fileOf([{ entityId: A, name: "Wiki" }], UNSIGNED) });
    const { path } = await added({ url: URL_OF_FILE });
    await olga.post(`${path}/register`, { entityId: A });
    const before = app.parts.applications.samlByEntityId(A);
    const [key, other] = [certificate(), certificate()];
    const settle = async (published: string, decision: string): Promise<string> => {
      app.web.pages.set(URL_OF_FILE, { body: fileOf([{ entityId: A, certificate: published }], UNSIGNED) });
      await free(`federation-fetch:${path.split("/").at(-1)}`);
      await olga.post(`${path}/fetch`, {});
      const page = await olga.get(path);
      const target = /href="([^"]+\/metadata)">Wiki</.exec(page.body)?.[1] ?? "";
      assert.match(page.body, /Waits for you[^]*Waiting for you/);
      assert.match((await olga.get("/admin/applications")).body, /Metadata waits/);
      const shown = await olga.get(target);
      assert.match(shown.body, /Waiting for you, from Universities[^]*new signing key/);
      const digest = hiddenField(shown.body, "digest");
      assert.equal((await olga.post(`${target}/member`, { digest: "other", decision })).status, 409);
      assert.equal((await olga.post(`${target}/member`, { digest, decision })).to, target);
      assert.doesNotMatch((await olga.get(path)).body, /Waiting for you/);
      return target;
    };
    await settle(key, "dismiss");
    assert.deepEqual(
      app.parts.applications.samlByEntityId(A)?.signingCertificates,
      before?.signingCertificates,
    );
    await settle(other, "agree");
    assert.deepEqual(app.parts.applications.samlByEntityId(A)?.signingCertificates, [other]);
    const done = (await actions()).filter((action) => /agreed|dismissed/.test(action));
    assert.deepEqual(done, ["application.metadata-agreed olga", "application.metadata-dismissed olga"]);
  });

  test("changes its settings, keeps what was typed wrongly, and refuses what another owner was faster with", async () => {
    const { path, page } = await added({}, fileOf([{ entityId: A }]));
    const version = hiddenField(page.body, "version");
    const wrong = await olga.post(`${path}/settings`, { version, name: "Schools", url: "ftp://x", pin: "" });
    assert.equal(wrong.status, 400);
    assert.match(wrong.body, /value="ftp:\/\/x"[^]*must be a whole https address/);
    assert.equal(hidden(wrong.body, "version"), version);
    const form = { version, name: "Schools", url: URL_OF_FILE, pin: PEM, allowAllMembers: "on" };
    assert.equal((await olga.post(`${path}/settings`, form)).to, path);
    const { name, url, pinnedCertificate, allowAllMembers } = await stored();
    assert.deepEqual([name, url, allowAllMembers], ["Schools", URL_OF_FILE, true]);
    assert.match(pinnedCertificate ?? "", /^MII/);
    assert.match((await olga.get(path)).body, /to be checked at the next reading/);
    assert.equal((await olga.post(`${path}/settings`, form)).status, 409);
  });

  test("removes it when an owner confirms, and says how many applications are switched off", async () => {
    const { path } = await added({}, fileOf([{ entityId: A }]));
    await olga.post(`${path}/register`, { entityId: A });
    assert.match((await olga.get(path)).body, /One application came from it/);
    assert.equal((await olga.post(`${path}/remove`, {})).to, LIST);
    assert.equal(app.parts.applications.samlByEntityId(A)?.enabled, false);
    assert.equal((await olga.get(path)).status, 404);
    assert.match((await olga.get(LIST)).body, /There is no federation yet/);
  });

  test("writes hostile names, addresses and searches as text", async () => {
    const named = memberText({
      entityId: A,
      name: HOSTILE.replaceAll("<", "&lt;"),
      certificate: certificate(),
    });
    const xml = `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">${named}</md:EntitiesDescriptor>`;
    const { path, page } = await added({ name: HOSTILE }, xml);
    assert.match(page.body, /&lt;script&gt;alert/);
    const search = await olga.get(`${path}?q=${encodeURIComponent(HOSTILE)}&after=%00&fetched=toString`);
    assert.equal(search.status, 200);
    for (const { body } of [page, search, await olga.get(LIST)]) {
      assert.doesNotMatch(body, /<script>|"><script/);
    }
  });
});
