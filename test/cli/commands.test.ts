import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { readConfig } from "../../src/config.ts";
import { sha256 } from "../../src/platform/digest.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { openStores, type Stores } from "../../src/storage/open-stores.ts";
import { type VersionedKind, Versions } from "../../src/volatile/versions.ts";
import { entitiesDescriptor, entityDescriptor } from "../admin/metadata.ts";
import { eventually } from "../fixtures/eventually.ts";
import { gatehouse, newInstallation, type Run } from "./run-command.ts";

const { folder, environment } = newInstallation();
let stores: Stores;
let versions: Versions;
const seen: VersionedKind[] = [];

/** As a server does: looks for changes of other processes. */
before(async () => {
  stores = await openStores(readConfig(environment), systemClock);
  versions = new Versions(stores.volatile, systemClock);
  for (const kind of ["applications", "accounts", "keys"] as const) {
    versions.watch(kind, async () => {
      seen.push(kind);
      await Promise.resolve();
    });
  }
  versions.start(50);
  // Each watch runs once at the beginning.
  await eventually(async () => await Promise.resolve(assert.equal(seen.length, 3)));
});

after(async () => {
  versions.stop();
  await stores.close();
});

async function run(args: string, stdin?: string): Promise<Run> {
  seen.length = 0;
  return await gatehouse(args.split(" "), stdin === undefined ? { environment } : { environment, stdin });
}

async function assertSeen(kind: VersionedKind): Promise<void> {
  await eventually(async () => await Promise.resolve(assert.deepEqual(seen, [kind])), 1_000);
}

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function lastEvent() {
  return (await stores.durable.audit.list({ limit: 1 })).items[0];
}

suite("account add", () => {
  test("adds an account that a running server sees, and prints it without its password", async () => {
    const args =
      "account add alice --email a@example.org --name Alice --group staff --group board --password-stdin";
    const result = await run(`${args} --role owner`, "open-the-gate\n");
    assert.equal(result.status, 0, result.stderr);
    assert.equal(result.stderr, "");
    const { id, username, email, role, groups } = result.json();
    assert.deepEqual(
      [username, email, role, groups],
      ["alice", "a@example.org", "owner", ["staff", "board"]],
    );
    assert.ok(!result.stdout.includes("open-the-gate") && !result.stdout.includes("argon2"));
    const hash = await stores.durable.accounts.passwordHash(String(id));
    assert.match(hash ?? "", /^\$argon2id\$/);
    await assertSeen("accounts");
    const event = await lastEvent();
    assert.equal(event?.action, "account.added");
    assert.equal(event?.actorId, "command");
  });

  test("refuses a name that is taken with one line and status 1", async () => {
    const result = await run("account add ALICE --password-stdin", "open-the-gate\n");
    assert.equal(result.status, 1);
    assert.equal(result.stdout, "");
    assert.match(result.stderr, /^gatehouse: This user name belongs to another account\.\n$/);
    assert.deepEqual(seen, []);
  });

  test("refuses a password that is too short with one line and status 1", async () => {
    const result = await run("account add carol --password-stdin", "short\n");
    assert.equal(result.status, 1);
    assert.match(result.stderr, /^gatehouse: A password has 8 characters at least\.\n$/);
    assert.equal(await stores.durable.accounts.findByLoginName("carol"), undefined);
  });
});

suite("app add-oidc", () => {
  const URLS = "--redirect-uri https://w.example.org/cb --post-logout-redirect-uri https://w.example.org/";

  test("registers a client that a running server sees, and prints its id and secret", async () => {
    const result = await run(`app add-oidc --name Wiki ${URLS} --auth-method client_secret_post`);
    assert.equal(result.status, 0, result.stderr);
    const { client_id, client_secret, issuer, redirectUris, authenticationMethod } = result.json();
    assert.equal(issuer, "https://id.example.org");
    assert.deepEqual(redirectUris, ["https://w.example.org/cb"]);
    assert.equal(authenticationMethod, "client_secret_post");
    const stored = await stores.durable.applications.get(String(client_id));
    assert.ok(stored?.protocol === "oidc");
    assert.equal(stored.secrets[0]?.hash, sha256(String(client_secret)));
    assert.ok(!result.stdout.includes(sha256(String(client_secret))));
    await assertSeen("applications");
  });

  test("prints no secret for a client that has none", async () => {
    const result = await run(`app add-oidc --name Page --profile browser ${URLS}`);
    assert.equal(result.status, 0, result.stderr);
    assert.equal("client_secret" in result.json(), false);
  });

  test("demands PKCE unless told that it is optional for a client with a secret", async () => {
    const strict = await run(`app add-oidc --name Strict ${URLS}`);
    assert.equal(strict.json()["pkceRequired"], true);
    const lenient = await run(`app add-oidc --name Old ${URLS} --pkce optional`);
    assert.equal(lenient.status, 0, lenient.stderr);
    assert.equal(lenient.json()["pkceRequired"], false);
  });

  test("refuses optional PKCE for a client without a secret with status 1, an unknown word with 2", async () => {
    const open = await run(`app add-oidc --name Page --profile browser ${URLS} --pkce optional`);
    assert.equal(open.status, 1);
    assert.match(open.stderr, /^gatehouse: pkceRequired: [^\n]*needs PKCE[^\n]*\n$/);
    const word = await run(`app add-oidc --name Wiki ${URLS} --pkce off`);
    assert.equal(word.status, 2);
    assert.match(word.stderr, /--pkce must be one of required, optional/);
  });

  test("refuses a redirect address without https with one line and status 1", async () => {
    const result = await run("app add-oidc --name Evil --redirect-uri http://w.example.org/cb");
    assert.equal(result.status, 1);
    assert.equal(result.stdout, "");
    assert.match(result.stderr, /^gatehouse: redirectUris\[0\]: [^\n]*https[^\n]*\n$/);
  });

  test("refuses a key file that is no JSON, or not there, with status 1", async () => {
    const path = file("keys.json", "{");
    const method = "--auth-method private_key_jwt --jwks-file";
    const broken = await run(`app add-oidc --name Keys ${URLS} ${method} ${path}`);
    assert.deepEqual([broken.status, broken.stderr], [1, `gatehouse: ${path} is not JSON\n`]);
    const missing = await run(`app add-oidc --name Keys ${URLS} ${method} ${path}x`);
    assert.deepEqual([missing.status, missing.stderr], [1, `gatehouse: cannot read ${path}x\n`]);
  });
});

suite("app add-saml", () => {
  test("registers a service provider that a running server sees", async () => {
    const path = file("sp.xml", entityDescriptor({ requestsSigned: true, encryption: true }));
    const result = await run(`app add-saml ${path} --no-encrypt --sign-response --group staff`);
    assert.equal(result.status, 0, result.stderr);
    const { id, name, requestsMustBeSigned, encryptAssertion, signResponse, access } = result.json();
    assert.deepEqual(
      [name, requestsMustBeSigned, encryptAssertion, signResponse, access],
      ["Payroll", true, false, true, { kind: "groups", groups: ["staff"] }],
    );
    assert.equal("metadataXml" in result.json(), false);
    assert.notEqual(await stores.durable.applications.get(String(id)), undefined);
    await assertSeen("applications");
  });

  test("refuses it a second time with status 1, and takes it with --replace", async () => {
    const path = file("sp2.xml", entityDescriptor({ acs: "https://pay.example.org/new" }));
    const refused = await run(`app add-saml ${path}`);
    assert.equal(refused.status, 1);
    assert.match(
      refused.stderr,
      /^gatehouse: https:\/\/pay\.example\.org\/sp is registered already[^\n]+\(--replace\)\n$/,
    );
    const replaced = await run(`app add-saml ${path} --replace`);
    assert.equal(replaced.status, 0, replaced.stderr);
    assert.equal(replaced.json()["requestsMustBeSigned"], true, "what was demanded stays demanded");
  });

  test("takes one out of several by --entity-id, and says on standard error what was refused", async () => {
    const path = file("federation.xml", entitiesDescriptor(["https://a.example/sp", "https://b.example/sp"]));
    const which = await run(`app add-saml ${path}`);
    assert.equal(which.status, 1);
    assert.match(which.stderr, /2 service providers/);
    const evil = `<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="javascript:alert(1)" index="2"/>`;
    const mixed = file("mixed.xml", entityDescriptor({ entityId: "https://c.example/sp", more: evil }));
    const result = await run(`app add-saml ${mixed} --entity-id https://c.example/sp`);
    assert.equal(result.status, 0, result.stderr);
    assert.match(result.stderr, /^gatehouse: refused: line \d+, AssertionConsumerService/m);
    assert.ok(!result.stdout.includes("javascript:"));
  });

  test("refuses a file that is not there, and one that is no metadata, with one line and status 1", async () => {
    const missing = await run("app add-saml nowhere.xml");
    assert.deepEqual([missing.status, missing.stderr], [1, "gatehouse: cannot read nowhere.xml\n"]);
    const broken = await run(`app add-saml ${file("broken.xml", "<a>")}`);
    assert.equal(broken.status, 1);
    assert.equal(broken.stderr.trimEnd().split("\n").length, 1);
  });
});

suite("keys rotate", () => {
  test("lets the next keys sign, which a running server sees", async () => {
    const published = await stores.durable.signingKeys.published();
    const next = published.filter(({ state }) => state === "next").map(({ id }) => id);
    const result = await run("keys rotate");
    assert.equal(result.status, 0, result.stderr);
    const { rotated } = result.json();
    assert.ok(Array.isArray(rotated));
    assert.equal(rotated.length, 2);
    const after = await stores.durable.signingKeys.published();
    const active = after.filter(({ state }) => state === "active").map(({ id }) => id);
    assert.deepEqual(new Set(active), new Set(next));
    assert.match(result.stderr, /less than 24 hours/);
    assert.ok(!result.stdout.includes("PRIVATE"));
    await assertSeen("keys");
  });
});

suite("the command as a process", () => {
  test("ends with status 2 for a command line that makes no sense", async () => {
    const result = await run("keys rotate now");
    assert.equal(result.status, 2);
    assert.equal(result.stdout, "");
    assert.match(result.stderr, /^gatehouse: what is "now"/);
  });

  test("says one line and ends with status 1 on a Node that cannot read it", async () => {
    const older = "Object.defineProperty(process, 'versions', { value: { node: '20.20.2' } })";
    const result = await gatehouse(["keys", "rotate"], {
      environment,
      nodeArguments: ["--import", `data:text/javascript,${encodeURIComponent(older)}`],
    });
    assert.equal(result.status, 1);
    assert.equal(result.stderr.trimEnd().split("\n").length, 1);
    assert.match(result.stderr, /needs Node\.js 24 or newer/);
  });
});

suite("app rotate-secret", () => {
  test("prints a new secret once and when the old one ends, and a running server sees it", async () => {
    const added = await run("app add-oidc --name Rotated --redirect-uri https://rotated.example/cb");
    const id = String(added.json()["client_id"]);
    await eventually(async () => await Promise.resolve(assert.deepEqual(seen, ["applications"])), 1_000);
    const result = await run(`app rotate-secret ${id} --overlap-hours 2`);
    assert.equal(result.status, 0, result.stderr);
    const printed = result.json();
    const endsInMs = Date.parse(String(printed["old_secrets_end_at"])) - systemClock.nowMs();
    assert.ok(endsInMs > 7_100_000 && endsInMs <= 7_200_000, String(endsInMs));
    const stored = await stores.durable.applications.get(id);
    assert.ok(stored?.protocol === "oidc");
    assert.equal(stored.secrets[0]?.hash, sha256(String(printed["client_secret"])));
    assert.equal(stored.secrets.length, 2);
    await assertSeen("applications");
  });

  test("refuses an unknown client with status 1, and hours that are no number with status 2", async () => {
    assert.equal((await run("app rotate-secret app-nobody")).status, 1);
    assert.equal((await run("app rotate-secret app-nobody --overlap-hours soon")).status, 2);
    assert.equal((await run("app rotate-secret")).status, 2);
  });
});
