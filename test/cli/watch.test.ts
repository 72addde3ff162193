import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { gatehouse, newInstallation } from "./run-command.ts";

const { environment } = newInstallation();

suite("watch set and show", () => {
  test("sets what is named, prints all rules, and shows them again", async () => {
    const set = await gatehouse(["watch", "set", "--new-network", "suspend", "--longest-pat-days", "30"], {
      environment,
    });
    assert.equal(set.status, 0, set.stderr);
    const show = await gatehouse(["watch", "show"], { environment });
    assert.equal(show.status, 0, show.stderr);
    assert.deepEqual(show.json(), {
      "new-network": "suspend",
      "many-networks": "suspend",
      "rate-jump": "throttle",
      "dead-token": "notify",
      "scope-probing": "suspend",
      leaked: "revoke",
      "throttle-per-minute": 10,
      "throttle-minutes": 60,
      "kept-days": 400,
      "notice-days": 7,
      "longest-pat-days": 30,
      "longest-key-days": 365,
      "longest-svc-days": 365,
    });
    assert.deepEqual(set.json(), show.json());
  });

  test("refuses what is wrong in one line that names the options, and what makes no sense with a status of its own", async () => {
    const wrong = await gatehouse(["watch", "set", "--leaked", "forget", "--longest-pat-days", "367"], {
      environment,
    });
    assert.deepEqual([wrong.status, wrong.stdout, wrong.stderr.trim().split("\n").length], [1, "", 1]);
    assert.match(wrong.stderr, /--leaked: It is one of .*--longest-pat-days: It is a whole number/);
    assert.equal((await gatehouse(["watch", "set"], { environment })).status, 2);
    assert.equal((await gatehouse(["watch", "show", "--all"], { environment })).status, 2);
  });
});
