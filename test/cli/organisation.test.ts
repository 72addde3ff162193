import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { gatehouse, newInstallation } from "./run-command.ts";

const { environment } = newInstallation();

suite("organisation set and show", () => {
  test("sets what is named, prints the whole, and shows it again", async () => {
    const options = ["--name", "Example", "--url", "https://example.org/", "--scope", "example.org"];
    const more = ["--scope", "example.net", "--security-email", "cert@example.org"];
    const set = await gatehouse(["organisation", "set", ...options, ...more], { environment });
    assert.equal(set.status, 0, set.stderr);
    assert.deepEqual(set.json()["scopes"], ["example.org", "example.net"]);
    const changed = await gatehouse(["organisation", "set", "--scope", "", "--description", "Log in"], {
      environment,
    });
    assert.equal(changed.status, 0, changed.stderr);
    const show = await gatehouse(["organisation", "show"], { environment });
    assert.equal(show.status, 0, show.stderr);
    const { name, url, scopes, description, securityEmail } = show.json();
    assert.deepEqual(
      [name, url, scopes, description, securityEmail],
      ["Example", "https://example.org/", [], "Log in", "cert@example.org"],
    );
  });

  test("refuses what is wrong in one line that names the option, and what makes no sense with a status of its own", async () => {
    const wrong = await gatehouse(["organisation", "set", "--error-url", "help", "--scope", "x"], {
      environment,
    });
    assert.deepEqual([wrong.status, wrong.stderr.trim().split("\n").length], [1, 1]);
    assert.match(wrong.stderr, /--error-url: It is a whole address.*--scope: “x” is no domain/);
    assert.equal((await gatehouse(["organisation", "set"], { environment })).status, 2);
    assert.equal((await gatehouse(["organisation", "set", "--colour", "red"], { environment })).status, 2);
  });
});
