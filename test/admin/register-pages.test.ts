import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { type AdminApp, startAdminApp } from "./admin-app.ts";
import { AdminBrowser, hidden, hiddenField } from "./admin-browser.ts";
import { entitiesDescriptor, entityDescriptor } from "./metadata.ts";

const CHECK = "/admin/applications/new/check";
const CHOOSE = "/admin/applications/new/choose";
const REGISTER = "/admin/applications/new/register";

let app: AdminApp;
let olga: AdminBrowser;
let otto: AdminBrowser;

before(async () => {
  app = await startAdminApp();
  olga = await AdminBrowser.as(app, "olga");
  otto = await AdminBrowser.as(app, "otto");
});

after(async () => await app.close());

function upload(browser: AdminBrowser, content: string | Uint8Array<ArrayBuffer>, name = "sp.xml") {
  return browser.upload(CHECK, { name, content });
}

/** The form of the check page as the browser sends it. */
function formOf(page: string, changes: Record<string, string> = {}): Record<string, string> {
  const checked = [...page.matchAll(/<input type="checkbox" name="(\w+)" checked>/g)].map(
    ([, name]) => name ?? "",
  );
  return {
    draft: hiddenField(page, "draft"),
    entityId: hiddenField(page, "entityId"),
    name: "Payroll",
    groups: "",
    ...Object.fromEntries(checked.map((name) => [name, "on"])),
    ...changes,
  };
}

async function registered(entityId: string) {
  const all = await app.parts.stores.durable.applications.all();
  const found = all.find(
    (application) => application.protocol === "saml" && application.entityId === entityId,
  );
  return found?.protocol === "saml" ? found : undefined;
}

suite("a service provider's metadata", () => {
  test("is shown line by line, and registered as it was shown", async () => {
    const entityId = "https://one.example/sp";
    const page = await upload(
      olga,
      entityDescriptor({ entityId, requestsSigned: true, encryption: true }),
      "pay.xml",
    );
    assert.equal(page.status, 200);
    assert.match(page.body, /This is what <span class="mono">pay\.xml<\/span> says/);
    assert.match(page.body, /It can be registered/);
    assert.match(page.body, /<b class="mono">AssertionConsumerService/);
    assert.equal(await registered(entityId), undefined, "nothing is registered yet");
    const done = await olga.post(REGISTER, formOf(page.body));
    const stored = await registered(entityId);
    assert.ok(stored);
    assert.equal(done.to, `/admin/applications/${stored.id}?registered`);
    assert.equal(stored.requestsMustBeSigned, true);
    assert.equal(stored.encryptAssertion, true);
    const shown = await olga.get(done.to ?? "");
    assert.match(shown.body, /Payroll is registered/);
    for (const address of ["saml/metadata", "saml/sso", "saml/slo"]) {
      assert.ok(shown.body.includes(`<code>http://localhost:4000/${address}</code>`), address);
    }
  });

  test("may be pasted, and its switches and groups may be set otherwise", async () => {
    const entityId = "https://two.example/sp";
    const xml = entityDescriptor({ entityId, requestsSigned: true, encryption: true });
    const page = await olga.upload(CHECK, { name: "", content: "" }, { xml });
    assert.match(page.body, /the pasted metadata/);
    const { requestsMustBeSigned: _, encryptAssertion: __, ...form } = formOf(page.body);
    const said = { ...form, name: "Pay slips", groups: "staff\r\nboard, staff", signResponse: "on" };
    assert.equal((await olga.post(REGISTER, said)).status, 303);
    const stored = await registered(entityId);
    assert.ok(stored);
    assert.equal(stored.name, "Pay slips");
    assert.deepEqual(stored.access, { kind: "groups", groups: ["staff", "board"] });
    assert.deepEqual(
      [stored.requestsMustBeSigned, stored.encryptAssertion, stored.signResponse],
      [false, false, true],
    );
  });

  test("of several is asked which one, and that one is registered", async () => {
    const ids = ["https://three.example/sp", "https://four.example/sp"];
    const question = await upload(olga, entitiesDescriptor(ids));
    assert.match(question.body, /The file describes 2 service providers/);
    assert.ok(ids.every((id) => question.body.includes(`<option>${id}</option>`)));
    const draft = hiddenField(question.body, "draft");
    const page = await olga.post(CHOOSE, { draft, entityId: ids[1] ?? "" });
    assert.equal(hidden(page.body, "draft"), draft);
    assert.equal((await olga.post(REGISTER, formOf(page.body))).status, 303);
    assert.equal(await registered(ids[0] ?? ""), undefined);
    assert.ok(await registered(ids[1] ?? ""));
  });

  test("of an application that is registered replaces it only where that is ticked", async () => {
    const entityId = "https://five.example/sp";
    const first = await upload(olga, entityDescriptor({ entityId }));
    await olga.post(REGISTER, formOf(first.body));
    const known = await registered(entityId);
    const page = await upload(olga, entityDescriptor({ entityId, acs: "https://pay.example.org/new" }));
    assert.match(page.body, /Replace the registration of Payroll/);
    const refused = await olga.post(REGISTER, formOf(page.body));
    assert.equal(refused.status, 409);
    assert.match(refused.body, /It was not registered/);
    assert.deepEqual(await registered(entityId), known);
    const done = await olga.post(REGISTER, formOf(refused.body, { replace: "on" }));
    assert.equal(done.to, `/admin/applications/${known?.id}?registered`);
    const { location } = (await registered(entityId))?.assertionConsumerServices[0] ?? {};
    assert.equal(location, "https://pay.example.org/new");
  });

  test("names what is left out, on its button too", async () => {
    const evil = `<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="javascript:alert(1)" index="2"/>`;
    const entityId = "https://six.example/sp";
    const page = await upload(olga, entityDescriptor({ entityId, more: evil }));
    assert.match(page.body, /It can be registered, without line \d+/);
    assert.match(page.body, /<button class="btn primary">Register it without line \d+<\/button>/);
    await olga.post(REGISTER, formOf(page.body));
    const locations = (await registered(entityId))?.assertionConsumerServices.map(({ location }) => location);
    assert.deepEqual(locations, ["https://pay.example.org/saml/acs"]);
  });

  test("is shown as text, whatever it says", async () => {
    const name = "&lt;img src=x onerror=alert(1)&gt;";
    const page = await upload(
      olga,
      entityDescriptor({ entityId: "https://seven.example/sp", name }),
      "<b>.xml",
    );
    assert.ok(!page.body.includes("<img src=x"));
    assert.ok(!page.body.includes("<b>.xml"));
    assert.match(page.body, /&lt;b&gt;\.xml/);
    assert.match(page.headers.get("content-security-policy") ?? "", /default-src 'none'/);
  });
});

const UNUSABLE: readonly (readonly [
  name: string,
  content: string | Uint8Array<ArrayBuffer>,
  says: RegExp,
])[] = [
  ["a file that is no XML", "hello", /no well-formed XML/],
  ["a file with a DOCTYPE", `<!DOCTYPE a [<!ENTITY b "c">]>${entityDescriptor()}`, /DOCTYPE/],
  ["a file that is not UTF-8", new Uint8Array([0xff, 0xfe, 0x3c, 0x00]), /not in UTF-8/],
  ["an identity provider's metadata", entityDescriptor().replaceAll("SPSSO", "IDPSSO"), /identity provider/],
  [
    "metadata without a usable reply address",
    entityDescriptor({ acs: "data:text/html,x" }),
    /AssertionConsumerService/,
  ],
];

suite("metadata that cannot be used", () => {
  for (const [name, content, says] of UNUSABLE) {
    test(`says why for ${name}, and offers no "Register"`, async () => {
      const page = await upload(olga, content);
      assert.equal(page.status, 400);
      assert.match(page.body, says);
      assert.match(page.body, /It cannot be registered as it is/);
      assert.equal(hidden(page.body, "draft"), undefined);
    });
  }

  test("is asked for again where neither a file nor a text came", async () => {
    const page = await olga.upload(CHECK, { name: "", content: "" });
    assert.equal(page.status, 400);
    assert.match(page.body, /Choose a file, or paste its text\./);
  });

  test("is asked for again where both came", async () => {
    const page = await olga.upload(CHECK, { name: "a.xml", content: entityDescriptor() }, { xml: "<a/>" });
    assert.equal(page.status, 400);
    assert.match(page.body, /not both/);
  });

  test("is refused with 413 above 10 MiB", async () => {
    const page = await upload(olga, new Uint8Array(10 * 1_048_576 + 70_000));
    assert.equal(page.status, 413);
  });

  test("is refused with 400 where a field comes that the page does not have", async () => {
    const page = await olga.upload(CHECK, { name: "a.xml", content: entityDescriptor() }, { id: "mine" });
    assert.equal(page.status, 400);
    assert.match(page.body, /This request cannot be read/);
  });

  test("is refused with 403 where the token is another browser's", async () => {
    const page = await olga.upload(
      CHECK,
      { name: "a.xml", content: entityDescriptor() },
      { csrf: otto.csrf },
    );
    assert.equal(page.status, 403);
  });
});

suite("metadata that waits for its registration", () => {
  test("is found by the owner alone who handed it over", async () => {
    const page = await upload(olga, entityDescriptor({ entityId: "https://eight.example/sp" }));
    const stolen = await otto.post(REGISTER, formOf(page.body));
    assert.equal(stolen.status, 410);
    assert.equal(await registered("https://eight.example/sp"), undefined);
    assert.equal((await olga.post(REGISTER, formOf(page.body))).status, 303);
  });

  test("is gone once it is registered", async () => {
    const page = await upload(olga, entityDescriptor({ entityId: "https://nine.example/sp" }));
    await olga.post(REGISTER, formOf(page.body));
    assert.equal((await olga.post(REGISTER, formOf(page.body, { replace: "on" }))).status, 410);
  });

  test("is registered as the one that was chosen, and not as another entity of the form's choice", async () => {
    const page = await upload(olga, entityDescriptor({ entityId: "https://ten.example/sp" }));
    const answer = await olga.post(
      REGISTER,
      formOf(page.body, { entityId: "https://one.example/sp", replace: "on" }),
    );
    assert.notEqual(answer.status, 303);
    assert.equal(await registered("https://ten.example/sp"), undefined);
  });
});
