import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { openDurableStore } from "../../src/storage/open-durable-store.ts";
import { A, B, fileOf, PEM } from "../admin/acts/federation-installation.ts";
import { TestClock } from "../fixtures/clock.ts";
import { gatehouse, newInstallation } from "./run-command.ts";

suite("gatehouse federation", () => {
  const { environment, folder } = newInstallation();
  const run = async (...args: readonly string[]) => await gatehouse(["federation", ...args], { environment });
  const written = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  test("add reads a signed file, list shows it, refresh tells the difference, set and remove do theirs", async () => {
    const pin = written("pin.pem", PEM);
    const file = written("federation.xml", fileOf([{ entityId: A }, { entityId: B }]));
    const added = await run("add", file, "--name", "Schools", "--pinned-certificate", pin);
    assert.equal(added.status, 0, added.stderr);
    const { name, members, signatureChecked, allMembersMaySignOn } = added.json();
    assert.deepEqual([name, members, signatureChecked, allMembersMaySignOn], ["Schools", 2, true, false]);
    assert.match(String(added.json()["lastFetch"]), /^\d{4}-\d\d-\d\dT/);

    const newer = written("newer.xml", fileOf([{ entityId: A, name: "New" }]));
    const refreshed = await run("refresh", "Schools", "--file", newer);
    assert.deepEqual(refreshed.json()["lastChange"], { added: 0, removed: 1, changed: 1 });
    assert.equal((await run("set", "Schools", "--allow-all-members")).json()["allMembersMaySignOn"], true);
    const set = (
      await run("set", "Schools", "--url", "https://f.example/", "--pinned-certificate", "none")
    ).json();
    assert.deepEqual(
      [set["url"], set["signatureChecked"], set["allMembersMaySignOn"]],
      ["https://f.example/", false, true],
    );
    const again = (await run("set", "Schools", "--url", "none", "--pinned-certificate", pin)).json();
    assert.deepEqual([again["url"], again["signatureChecked"]], [undefined, true]);
    const list: unknown = JSON.parse((await run("list")).stdout);
    assert.ok(Array.isArray(list) && list.length === 1);
    assert.deepEqual((await run("remove", "Schools")).json(), {
      removed: "Schools",
      applicationsSwitchedOff: 0,
    });
    assert.equal((await run("list")).stdout, "[]\n");
  });

  test("add keeps nothing of a file that cannot be used", async () => {
    const pin = written("pin.pem", PEM);
    const unsigned = written("unsigned.xml", fileOf([{ entityId: A }], {}));
    const refused = await run("add", unsigned, "--name", "Bad", "--pinned-certificate", pin);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /It is not signed as it must be/);
    const clock = new TestClock();
    const store = await openDurableStore({ url: environment["DATABASE_URL"] ?? "", clock });
    assert.deepEqual(await store.federations.all(), []);
    await store.close();
  });

  test("what makes no sense is refused with what is missing", async () => {
    const file = written("federation.xml", fileOf([{ entityId: A }], {}));
    const cases: readonly (readonly [readonly string[], 1 | 2, RegExp])[] = [
      [["add", file], 2, /--name is missing/],
      [["add", "--name", "x"], 2, /FILE or URL is missing/],
      [["add", join(folder, "none.xml"), "--name", "x"], 1, /cannot read/],
      [["add", "https://127.0.0.1/", "--name", "x"], 1, /could not be fetched/],
      [["refresh", "None"], 1, /no federation named None/],
      [["set", "None"], 2, /--pinned-certificate or --allow-all-members is missing/],
      [["set", "None", "--name", "x"], 1, /no federation named None/],
      [["remove", "None"], 1, /no federation named None/],
    ];
    for (const [args, status, message] of cases) {
      const result = await run(...args);
      assert.equal(result.status, status, args.join(" "));
      assert.match(result.stderr, message);
    }
  });
});
