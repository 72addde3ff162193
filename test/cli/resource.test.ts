import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { gatehouse, newInstallation } from "./run-command.ts";

const { environment } = newInstallation();
const IDENTIFIER = "https://orders.example.org/api";

async function run(...args: readonly string[]) {
  return await gatehouse(args, { environment });
}

suite("gatehouse resource", () => {
  test("is declared, listed, opened to a client, changed and removed", async () => {
    const scopes = ["--scope", "orders:read=See your orders", "--scope", "orders:refund=Give money = back"];
    const groups = ["--scope-group", "orders:refund=accounting"];
    const options = ["--identifier", IDENTIFIER, "--name", "Orders", ...scopes, ...groups];
    const added = await run("resource", "add", ...options);
    assert.equal(added.status, 0, added.stderr);
    assert.deepEqual(added.json()["scopes"], [
      { name: "orders:read", description: "See your orders" },
      { name: "orders:refund", description: "Give money = back", groups: ["accounting"] },
    ]);

    const listed = await run("resource", "list");
    assert.equal(listed.status, 0, listed.stderr);
    assert.equal(listed.json()["0"] instanceof Object, true);

    const client = ["--name", "Shop", "--profile", "service", "--resource", IDENTIFIER];
    const made = await run("app", "add-oidc", ...client);
    assert.equal(made.status, 0, made.stderr);
    assert.deepEqual(made.json()["resources"], [IDENTIFIER]);

    const clientId = String(made.json()["client_id"]);
    const change = ["--introspection-client", clientId, "--no-enabled", "--access-token-format", "jwt"];
    const changed = await run("resource", "set", IDENTIFIER, ...change);
    assert.equal(changed.status, 0, changed.stderr);
    const { enabled, introspectionClientIds, accessTokenFormat } = changed.json();
    assert.deepEqual([enabled, introspectionClientIds, accessTokenFormat], [false, [clientId], "jwt"]);

    const closing = ["--resource", "", "--userinfo-signed-response-alg", "ES256"];
    const closed = await run("app", "set-oidc", clientId, ...closing);
    assert.equal(closed.status, 0, closed.stderr);
    const { resources, userinfoSignedResponseAlgorithm } = closed.json();
    assert.deepEqual([resources, userinfoSignedResponseAlgorithm], [[], "ES256"]);

    assert.equal((await run("resource", "remove", IDENTIFIER)).status, 0);
    assert.equal((await run("resource", "remove", IDENTIFIER)).status, 1);
  });

  test("what a client is registered with can be said when it is made, changed and taken back", async () => {
    const base = [
      "--redirect-uri",
      "https://shop.example/cb",
      "--par",
      "required",
      "--id-token-alg",
      "ES256",
    ];
    const more = ["--access-token-format", "jwt", "--subject-type", "pairwise", "--scope", "email"];
    const made = await run("app", "add-oidc", "--name", "Shop", ...base, ...more);
    assert.equal(made.status, 0, made.stderr);
    const { parRequired, idTokenAlgorithm, accessTokenFormat, subjectType, scopes } = made.json();
    assert.deepEqual(
      [parRequired, idTokenAlgorithm, accessTokenFormat, subjectType, scopes],
      [true, "ES256", "jwt", "pairwise", ["email"]],
    );
    const clientId = String(made.json()["client_id"]);
    const set = async (...args: readonly string[]) => await run("app", "set-oidc", clientId, ...args);
    const grants = ["--grant-type", "authorization_code", "--grant-type", "client_credentials"];
    const own = `${String(made.json()["issuer"])}/api`;
    const opened = await set("--resource", own, "--scope", "tokens:read", ...grants);
    assert.equal(opened.status, 0, opened.stderr);
    const logout = "https://shop.example/logout";
    const told = await set("--backchannel-logout-uri", logout, "--origin", "https://shop.example");
    assert.deepEqual(
      [told.json()["backchannelLogoutUri"], told.json()["origins"]],
      [logout, ["https://shop.example"]],
    );
    const back = await set("--backchannel-logout-uri", "", "--origin", "", "--par", "optional");
    assert.deepEqual(
      [back.json()["backchannelLogoutUri"], back.json()["origins"], back.json()["parRequired"]],
      [undefined, [], false],
    );
    const wrong = await set("--redirect-uri", "http://shop.example/");
    assert.deepEqual([wrong.status, wrong.stdout], [1, ""]);
    assert.equal((await set("--grant-type", "password")).status, 2);
    assert.equal((await set("--par", "always")).status, 2);
  });

  test("refuses in one line what the rules refuse", async () => {
    const wrong = await run(
      "resource",
      "add",
      "--identifier",
      "orders",
      "--name",
      "O",
      "--scope",
      "openid=x",
    );
    assert.deepEqual([wrong.status, wrong.stdout], [1, ""]);
    assert.match(wrong.stderr, /^gatehouse: identifier: .*scopes: “openid” has a meaning here already\.\n$/);
    const unknown = await run(
      "app",
      "add-oidc",
      "--name",
      "A",
      "--profile",
      "service",
      "--resource",
      "urn:x:y",
    );
    assert.equal(unknown.status, 1);
    assert.match(unknown.stderr, /“urn:x:y” is not a declared resource/);
    assert.equal((await run("app", "set-oidc", "nobody", "--scope", "a")).status, 1);
  });

  test("says with a status of its own that options make no sense", async () => {
    assert.equal((await run("resource", "add", "--identifier", IDENTIFIER, "--name", "O")).status, 2);
    assert.equal((await run("resource", "set", IDENTIFIER)).status, 2);
    assert.equal((await run("resource", "set", IDENTIFIER, "--scope-group", "a=b")).status, 2);
    const stray = ["--scope", "a=x", "--scope-group", "b=staff"];
    assert.equal((await run("resource", "set", IDENTIFIER, ...stray)).status, 2);
    assert.equal((await run("app", "set-oidc", "x", "--userinfo-signed-response-alg", "HS256")).status, 2);
  });
});
