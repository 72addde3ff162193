import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { readConfig } from "../../src/config.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { readToken } from "../../src/tokens/token-format.ts";
import { openStores, type Stores } from "../../src/storage/open-stores.ts";
import { gatehouse, newInstallation, type Run } from "./run-command.ts";

const { environment } = newInstallation();
const API = "https://orders.example/";
const CREATE = "token create --kind pat --name Script --account alice".split(" ");
let stores: Stores;
let made: Run;

async function run(args: readonly string[], stdin = ""): Promise<Run> {
  return await gatehouse(args, { environment, stdin });
}

before(async () => {
  stores = await openStores(readConfig(environment), systemClock);
  const account = await run(["account", "add", "alice", "--password-stdin"], "a long enough passphrase\n");
  assert.equal(account.status, 0, account.stderr);
  const scope = "orders:read=Read orders";
  const resource = await run(["resource", "add", "--identifier", API, "--name", "Orders", "--scope", scope]);
  assert.equal(resource.status, 0, resource.stderr);
  made = await run(
    CREATE.concat(
      "--resource",
      API,
      "--scope",
      "orders:read",
      "--expires-days",
      "30",
      "--address",
      "10.0.0.0/8",
    ),
  );
});
after(async () => await stores.close());

suite("token", () => {
  test("create prints the secret once and keeps its hash", async () => {
    assert.equal(made.status, 0, made.stderr);
    const { secret, id, ends_with } = made.json();
    assert.equal(typeof secret, "string");
    const hash = readToken(String(secret))?.hash;
    const stored = await stores.durable.apiTokens.get(String(id));
    assert.deepEqual([stored?.hash, stored?.limits.addresses], [hash, ["10.0.0.0/8"]]);
    assert.equal(ends_with, String(secret).slice(-4));
    assert.doesNotMatch(made.stdout.replace(String(secret), ""), /gth_|"hash"/);
    const [event] = (await stores.durable.audit.list({ limit: 1, action: "token.created" })).items;
    assert.deepEqual([event?.actorId, event?.targetId, event?.outcome], ["command", id, "success"]);
  });

  test("create refuses a life that the policy does not allow, and prints nothing", async () => {
    const refused = await run(CREATE.concat("--resource", API, "--expires-days", "91"));
    assert.deepEqual([refused.status, refused.stdout], [1, ""]);
    assert.match(refused.stderr, /lives for 90 days at most/);
  });

  for (const [what, args] of [
    ["without an owner", ["--kind", "pat", "--name", "x", "--expires-days", "1"]],
    ["without an expiry", ["--kind", "pat", "--name", "x", "--account", "alice"]],
    ["of an unknown kind", ["--kind", "root", "--name", "x", "--account", "alice", "--expires-days", "1"]],
    ["with two owners", ["--kind", "key", "--project", "p", "--account", "alice", "--expires-days", "1"]],
  ] as const) {
    test(`create ${what} is a mistake in usage`, async () => {
      const refused = await run(["token", "create", ...args]);
      assert.deepEqual([refused.status, refused.stdout], [2, ""]);
    });
  }

  test("list shows it without any secret", async () => {
    const listed = await run(["token", "list", "--account", "alice"]);
    assert.equal(listed.json()["total"], 1);
    assert.doesNotMatch(listed.stdout, /gth_|"hash"|secret/);
  });

  test("inspect says whose it is, and does not print it", async () => {
    const secret = String(made.json()["secret"]);
    const inspected = await run(["token", "inspect"], `${secret}\n`);
    const { token, of_this_installation, checksum } = inspected.json();
    assert.deepEqual([token, of_this_installation, checksum], ["pat", true, "fits"]);
    assert.doesNotMatch(inspected.stdout, new RegExp(secret));
  });

  test("inspect refuses a token as an argument, which others could read", async () => {
    const refused = await run(["token", "inspect", "gth_pat_x"]);
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, /standard input/);
  });

  test("inspect takes a JWT of others apart and does not vouch for it", async () => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const jwt = `${part({ alg: "none" })}.${part({ sub: "x" })}.`;
    const inspected = await run(["token", "inspect"], jwt);
    const { kind, signed_by_this_installation, warnings } = inspected.json();
    assert.deepEqual([kind, signed_by_this_installation], ["jwt", false]);
    assert.match(String(warnings), /no signature algorithm/);
  });

  test("inspect says that a mistyped token is none", async () => {
    const secret = String(made.json()["secret"]);
    const refused = await run(
      ["token", "inspect"],
      `${secret.slice(0, -1)}${secret.endsWith("A") ? "B" : "A"}`,
    );
    assert.deepEqual([refused.status, refused.stdout], [1, ""]);
    assert.match(refused.stderr, /checksum/);
  });

  test("revoke ends it for good, with the reason, and an unknown id is refused", async () => {
    const id = String(made.json()["id"]);
    const revoked = await run(["token", "revoke", id, "--reason", "leaked"]);
    assert.deepEqual([revoked.json()["state"], revoked.json()["stateReason"]], ["revoked", "leaked"]);
    assert.equal((await stores.durable.apiTokens.get(id))?.state, "revoked");
    assert.equal((await run(["token", "revoke", "no-such-token"])).status, 1);
  });
});
