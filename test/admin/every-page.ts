import assert from "node:assert/strict";
import { type AdminApp, startAdminApp } from "./admin-app.ts";
import { AdminBrowser, type Answer, hiddenField } from "./admin-browser.ts";
import { gatherKeys } from "./every-key-page.ts";
import { gatherFederations } from "./federation-samples.ts";
import { CLIENT_FORM } from "./client-form.ts";
import { gatherTokenChanges } from "./every-token-page.ts";
import { certificate, entitiesDescriptor, entityDescriptor } from "./metadata.ts";
import { TOKEN_ROWS } from "./token-rows.ts";

/** A page of the administration as its endpoint sent it. */
export interface GatheredPage {
  readonly name: string;
  readonly html: string;
}

const LONG_NAME = "Donaudampfschifffahrtsgesellschaftskapitänsverwaltung International";
const LONG_ADDRESS = `https://login.${"very-long-".repeat(9)}host.example.org/saml/acs?tenant=${"x".repeat(120)}`;
const NEW = "/admin/applications/new";
const A_DAY_MS = 86_400_000;

/** Every page under /admin in each of its shapes, empty and full, right and wrong, with names of awkward lengths. */
export async function gatherPages(): Promise<readonly GatheredPage[]> {
  const app = await startAdminApp();
  const olga = await AdminBrowser.as(app, "olga");
  const pages: GatheredPage[] = [];
  const keep = (name: string, answer: Answer): Answer => {
    assert.ok(answer.body.startsWith("<!DOCTYPE html>"), `${name}: ${answer.status}`);
    pages.push({ name, html: answer.body });
    return answer;
  };
  keep("applications, none yet", await olga.get("/admin/applications"));
  await gatherMetadata(olga, keep);
  await gatherClients(olga, keep);
  await gatherApplications(app, olga, keep);
  await gatherAccounts(app, olga, keep);
  keep("audit", await olga.get("/admin/audit"));
  keep("audit, nothing found", await olga.get("/admin/audit?q=nothing"));
  await gatherKeys(keep);
  await gatherResources(app, olga, keep);
  await gatherOrganisation(olga, keep);
  await gatherFederations(app, olga, keep);
  await gatherTokenRules(olga, keep);
  await gatherTokenChanges(app, olga, keep);
  keep("no such application", await olga.get("/admin/applications/none"));
  const peter = await AdminBrowser.as(app, "peter");
  keep("not for you", await peter.get("/admin"));
  await app.close();
  return pages;
}

type Keep = (name: string, answer: Answer) => Answer;

async function gatherMetadata(olga: AdminBrowser, keep: Keep): Promise<void> {
  keep("hand over metadata", await olga.get(NEW));
  const check = async (name: string, content: string) =>
    keep(name, await olga.upload(`${NEW}/check`, { name: "payroll-metadata.xml", content }));
  keep("hand over metadata, nothing came", await olga.upload(`${NEW}/check`, { name: "", content: "" }));
  await check("check, not usable", "hello");
  await check(
    "check, which one",
    entitiesDescriptor(["https://a.example/sp", LONG_ADDRESS.replace("&", "")]),
  );
  const evil = `<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="javascript:alert(1)" index="2"/>`;
  const mixed = entityDescriptor({ more: evil, encryption: true, requestsSigned: true });
  const page = await check("check, one line refused", mixed);
  const form = { draft: hiddenField(page.body, "draft"), entityId: hiddenField(page.body, "entityId") };
  await olga.post(`${NEW}/register`, {
    ...form,
    name: "Payroll",
    requestsMustBeSigned: "on",
    encryptAssertion: "on",
  });
  const again = await check("check, registered already", mixed);
  const draft = hiddenField(again.body, "draft");
  keep("check, not replaced", await olga.post(`${NEW}/register`, { ...form, draft, name: "Payroll" }));
  const plain = { entityId: LONG_ADDRESS, name: LONG_NAME, acs: LONG_ADDRESS, signing: false };
  const long = await check("check, nothing to look at", entityDescriptor(plain));
  const longForm = { draft: hiddenField(long.body, "draft"), entityId: hiddenField(long.body, "entityId") };
  const done = await olga.post(`${NEW}/register`, { ...longForm, name: LONG_NAME, groups: "staff" });
  keep("application, just registered", await olga.get(done.to ?? ""));
}

async function gatherResources(app: AdminApp, olga: AdminBrowser, keep: Keep): Promise<void> {
  const path = "/admin/resources";
  keep("resources, our own alone", await olga.get(path));
  keep("new resource", await olga.get(`${path}/new`));
  const form = {
    identifier: LONG_ADDRESS,
    name: LONG_NAME,
    scopes: `orders:read=See your orders\r\n${"orders:".repeat(14)}=${LONG_NAME}`,
    accessTokenFormat: "jwt",
  };
  const wrong = { ...form, identifier: "orders", name: "", scopes: "openid", scopeGroups: "x" };
  keep("new resource, a line wrong", await olga.post(`${path}/new`, wrong));
  const several = { ...wrong, scopeGroups: "", introspectionClients: "nobody" };
  keep("new resource, several things wrong", await olga.post(`${path}/new`, several));
  const declared = await olga.post(`${path}/new`, form);
  const one = (declared.to ?? "").replace("?declared", "");
  keep("resource, just declared", await olga.get(`${one}?declared`));
  keep("remove a resource that nobody has", await olga.get(`${one}/remove`));
  const { applications } = app.parts.stores.durable;
  const wiki = (await applications.all()).find(({ protocol }) => protocol === "oidc");
  assert.ok(wiki?.protocol === "oidc");
  const own = "http://localhost:4000/api";
  await applications.update({ ...wiki, name: LONG_NAME, resources: [LONG_ADDRESS, own] });
  const page = keep("resource, its clients", await olga.get(`${one}?changed`));
  const version = hiddenField(page.body, "version");
  const typed = { version, name: LONG_NAME, accessTokenFormat: "client" };
  keep("resource, not changed", await olga.post(one, { ...typed, scopes: "a b=c" }));
  await olga.post(one, { ...typed, scopes: "orders:read=Read", introspectionClients: wiki.id });
  await olga.post(`${one}/switch`, { enabled: "off" });
  keep("resource, switched off", await olga.get(one));
  keep("remove a resource", await olga.get(`${one}/remove`));
  keep("resource, our own", await olga.get(`${path}/own-api`));
  keep("resources", await olga.get(path));
  keep("no such resource", await olga.get(`${path}/none`));
}

async function gatherOrganisation(olga: AdminBrowser, keep: Keep): Promise<void> {
  const empty = keep("organisation, nothing set", await olga.get("/admin/organisation"));
  const form = {
    version: hiddenField(empty.body, "version"),
    language: "de",
    name: LONG_NAME,
    url: "https://example.org/",
    supportEmail: "help@example.org",
    scopes: "example.org",
  };
  const wrong = { ...form, logoUrl: LONG_ADDRESS, errorUrl: "help", scopes: "x", securityName: LONG_NAME };
  keep("organisation, several things wrong", await olga.post("/admin/organisation", wrong));
  await olga.post("/admin/organisation", form);
  keep("organisation, changed", await olga.get("/admin/organisation?changed"));
}

async function gatherTokenRules(olga: AdminBrowser, keep: Keep): Promise<void> {
  const path = "/admin/tokens/rules";
  const page = keep("token rules, nothing set", await olga.get(path));
  const form = { ...TOKEN_ROWS["POST /tokens/rules"].form, version: hiddenField(page.body, "version") };
  const wrong = { ...form, leaked: "forget", keptDays: "4000", patDays: "", throttleMinutes: "-1" };
  keep("token rules, several things wrong", await olga.post(path, wrong));
  await olga.post(path, form);
  keep("token rules, changed", await olga.get(`${path}?changed`));
}

async function gatherClients(olga: AdminBrowser, keep: Keep): Promise<void> {
  const page = keep("client", await olga.get(`${NEW}/client`));
  const form = { name: "Wiki", profile: "web", consent: "ask", redirectUris: LONG_ADDRESS };
  const once = hiddenField(page.body, "once");
  const wrong = { ...form, once, redirectUris: "http://a.example/", jwks: "{", groups: LONG_NAME };
  const refused = keep("client, several things wrong", await olga.post(`${NEW}/client`, wrong));
  const sent = { ...form, once: hiddenField(refused.body, "once") };
  const made = keep("client, its secret", await olga.post(`${NEW}/client`, sent));
  const secretPath = `/admin/applications/${/app-[\w-]+/.exec(made.body)?.[0] ?? ""}/secret`;
  const asked = keep("new secret", await olga.get(secretPath));
  const rotation = { once: hiddenField(asked.body, "once"), overlapHours: "24" };
  keep("new secret, wrong", await olga.post(secretPath, { ...rotation, overlapHours: "long" }));
  keep("new secret, made", await olga.post(secretPath, rotation));
  keep("client, sent twice", await olga.post(`${NEW}/client`, sent));
  const settingsPath = secretPath.replace("/secret", "/client");
  const settings = keep("client settings", await olga.get(settingsPath));
  const version = hiddenField(settings.body, "version");
  const changes = { ...CLIENT_FORM, version, redirectUris: "http://a.example/", jwks: "", scopes: LONG_NAME };
  keep("client settings, several things wrong", await olga.post(settingsPath, changes));
}

async function gatherApplications(app: AdminApp, olga: AdminBrowser, keep: Keep): Promise<void> {
  const { applications } = app.parts.stores.durable;
  const ended = certificate(app.parts.clock.nowMs() - 4_000 * A_DAY_MS);
  for (const application of await applications.all()) {
    const path = `/admin/applications/${application.id}`;
    keep(`application ${application.name}`, await olga.get(path));
    if (application.name !== "Payroll" || application.protocol !== "saml") continue;
    keep("SAML settings", await olga.get(`${path}/settings`));
    keep("attributes", await olga.get(`${path}/release?account=olga`));
    keep("application, no group named", await olga.post(`${path}/access`, { access: "groups" }));
    const nowMs = app.parts.clock.nowMs();
    await applications.update({ ...application, signingCertificates: [ended] });
    for (let count = 0; count < 30; count++) {
      const { entityId } = application;
      const copy = {
        id: `copy-${count}`,
        entityId: `${entityId}/${count}`,
        enabled: count % 2 === 0,
        createdAtMs: nowMs,
      };
      await applications.insert({ ...application, ...copy });
    }
    keep("application, its key has ended", await olga.get(path));
    await olga.post("/admin/applications/copy-0/switch", { enabled: "off" });
    keep("application, switched off", await olga.get("/admin/applications/copy-0"));
  }
  keep("applications", await olga.get("/admin/applications?page=1"));
  keep("applications, the second page", await olga.get("/admin/applications?page=2"));
  keep("applications, nothing found", await olga.get("/admin/applications?q=nothing"));
}

async function gatherAccounts(app: AdminApp, olga: AdminBrowser, keep: Keep): Promise<void> {
  keep("new account", await olga.get("/admin/accounts/new"));
  const form = {
    username: "zoe",
    role: "person",
    name: LONG_NAME,
    email: "zoe@example.org",
    groups: "staff",
  };
  keep("new account, wrong password", await olga.post("/admin/accounts/new", { ...form, password: "short" }));
  keep(
    "new account, wrong name",
    await olga.post("/admin/accounts/new", { ...form, username: "z z", password: "x" }),
  );
  const wrongGroup = { ...form, groups: "x".repeat(300), password: "open-the-gate" };
  keep("new account, wrong group", await olga.post("/admin/accounts/new", wrongGroup));
  await olga.post("/admin/accounts/new", { ...form, password: "open-the-gate" });
  for (let count = 10; count < 40; count++) {
    const username = `user-${count}`;
    const account = {
      id: username,
      username,
      emailVerified: false,
      groups: [],
      role: "person",
      attributes: {},
    } as const;
    const atMs = app.parts.clock.nowMs();
    await app.parts.stores.durable.accounts.insert(
      { ...account, enabled: count % 2 === 0, createdAtMs: atMs, updatedAtMs: atMs },
      { username },
    );
  }
  const list = keep("accounts", await olga.get("/admin/accounts"));
  const next = /href="([^"]+)" rel="next"/.exec(list.body)?.[1]?.replaceAll("&amp;", "&");
  keep("accounts, the second page", await olga.get(next ?? ""));
  keep("accounts, nothing found", await olga.get("/admin/accounts?q=nothing"));
  await AdminBrowser.as(app, "peter");
  keep("account", await olga.get(`/admin/accounts/${app.ids.peter}`));
  keep("account, your own", await olga.get(`/admin/accounts/${app.ids.olga}`));
  keep("account, switched off", await olga.get("/admin/accounts/user-11"));
  keep(
    "account, not yourself",
    await olga.post(`/admin/accounts/${app.ids.olga}/switch`, { enabled: "off" }),
  );
}
