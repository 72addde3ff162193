import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type Child, freePort, startChild, temporaryFolder } from "../fixtures/children.ts";

const DEMO = join(import.meta.dirname, "../../examples/leaked-token.ts");
const LIMIT_MS = 120_000;

function launch(folder: string, port: number, ...args: readonly string[]): Child {
  const settings = [`PORT=${port}`, `TMPDIR=${folder}`, "DATABASE_URL=postgres://nobody@127.0.0.1:1/none"];
  const command = [...settings, process.execPath, DEMO, ...args];
  return startChild("/usr/bin/env", command, { folder, startLimitMs: LIMIT_MS });
}

/** What stays of an installation in its folder. */
function left(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => name.startsWith("gatehouse-leak-"));
}

function wholeOutput(folder: string): string {
  const name = readdirSync(folder).find((file) => file.startsWith("output-")) ?? "";
  return readFileSync(join(folder, name), "utf8");
}

describe("npm run demo:leak", () => {
  test("each step happens, in its order; with --stay the pages can be opened; in the end nothing is left", async () => {
    const folder = temporaryFolder("leak");
    const port = await freePort();
    const demo = launch(folder, port, "--stay");
    await demo.until(async () => await Promise.resolve(demo.output().includes("Ctrl+C ends everything")));
    const output = wholeOutput(folder);
    const steps = [
      /"Nightly report" may read plans at the Planner for 30 days: gth_pat_….{4}\n/,
      /2 uses from 198\.51\.100\.7, both good/,
      /tried out from 203\.0\.113\.66: good\./,
      /a network that this token never had, and tells Alice/,
      /from 2001:db8:11::1: good/,
      /from 2001:db8:55::1: refused \(suspended\)/,
      /The watch has seen too many networks at once, and has suspended the token\./,
      /from 203\.0\.113\.66: refused \(suspended\)/,
      /from 198\.51\.100\.7, Alice's own script: refused \(suspended\)/,
      /On her first page: you have two notices about your API tokens/,
      /“Nightly report” was used from many networks within a short time\. It is suspended/,
      /“Nightly report” was used from a network that it had never been used from\./,
      /asks for the password again/,
      /Released\. Her script, from 198\.51\.100\.7: good/,
      /The old one, from 203\.0\.113\.66: refused \(expired\)/,
      /The new one, gth_pat_….{4}, from 198\.51\.100\.7: good/,
      /alice: Made a new secret for the API token/,
      /alice: Released the API token/,
      /system: Suspended the API token .*reason: rule:many-networks/,
      /system: Noticed unusual use of the token rule: new-network, action: notify/,
      /alice: Made the API token/,
    ];
    const places = steps.map((step) => output.search(step));
    assert.ok(!places.includes(-1), `step ${places.indexOf(-1)} is missing in:\n${output}`);
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
    );
    assert.doesNotMatch(output, /gth_pat_[0-9A-Za-z]{49}/);
    for (const [address = ""] of output.matchAll(/http:\/\/localhost:\d+\/(?:account|admin)\S*/g)) {
      const page = await fetch(address, { redirect: "manual" });
      assert.deepEqual([page.status, page.headers.get("location")?.includes("/login")], [303, true], address);
    }
    assert.equal(left(folder).length, 1);
    await demo.end("SIGTERM");
    assert.equal(await demo.ended(), 0);
    assert.deepEqual(left(folder), []);
  });

  test("a port that is in use, and an option that there is not, are one clear line and the exit status 1", async () => {
    const port = await freePort();
    const occupant = createServer().listen(port, "127.0.0.1");
    await once(occupant, "listening");
    try {
      const taken = launch(temporaryFolder("leak"), port);
      assert.equal(await taken.ended(), 1);
      assert.match(taken.output(), new RegExp(`^demo: port ${port} is in use[^\n]*\n$`));
      const wrong = launch(temporaryFolder("leak"), port, "--nope");
      assert.equal(await wrong.ended(), 1);
      assert.match(wrong.output(), /^demo: [^\n]*--nope[^\n]*\n$/);
    } finally {
      occupant.close();
    }
  });
});
