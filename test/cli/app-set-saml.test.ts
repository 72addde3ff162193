import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, suite, test } from "node:test";
import { entityDescriptor } from "../admin/metadata.ts";
import { gatehouse, newInstallation } from "./run-command.ts";

const { folder, environment } = newInstallation();
const ENTITY_ID = "https://pay.example.org/sp";

suite("app set-saml", () => {
  before(async () => {
    const path = join(folder, "payroll.xml");
    writeFileSync(path, entityDescriptor());
    assert.equal((await gatehouse(["app", "add-saml", path], { environment })).status, 0);
  });

  test("changes what is named, prints the application, and says what is weak", async () => {
    const options = [
      "--sign-response",
      "--allow-sha1",
      "--signing-key",
      "next",
      "--name-id-format",
      "emailAddress",
    ];
    const run = await gatehouse(["app", "set-saml", ENTITY_ID, ...options], { environment });
    assert.equal(run.status, 0, run.stderr);
    const printed = run.json();
    assert.equal(printed["signResponse"], true);
    assert.match(String(printed["nameIdFormat"]), /emailAddress$/);
    assert.equal(typeof printed["signingKeyId"], "string");
    assert.match(run.stderr, /SHA-1/);
  });

  test("lets programs in by ECP and shuts them out again, and leaves the other way in as it was", async () => {
    const set = async (...options: string[]) =>
      await gatehouse(["app", "set-saml", ENTITY_ID, ...options], { environment });
    const on = await set("--ecp", "on");
    assert.equal(on.status, 0, on.stderr);
    assert.equal(on.json()["ecp"], true);
    const other = await set("--sign-response");
    assert.equal(other.json()["ecp"], true);
    const off = await set("--ecp", "off", "--no-sign-response");
    assert.deepEqual([off.json()["ecp"], off.json()["signResponse"]], [false, false]);
    assert.equal((await set("--ecp")).status, 2);
    assert.equal((await set("--ecp", "yes")).status, 2);
  });

  test("refuses what makes no sense, with one line and a status of its own", async () => {
    const set = async (...options: string[]) =>
      await gatehouse(["app", "set-saml", ENTITY_ID, ...options], { environment });
    const nothing = await set("--no-sign-assertion", "--no-sign-response");
    assert.deepEqual([nothing.status, nothing.stderr.trim().split("\n").length], [1, 1]);
    assert.match(nothing.stderr, /sign the assertion, the response, or both/);
    assert.equal((await set("--encrypt", "everything")).status, 2);
    const unknown = await gatehouse(["app", "set-saml", "https://nobody.example"], { environment });
    assert.equal(unknown.status, 1);
    assert.match(unknown.stderr, /no SAML application is registered/);
  });
});
