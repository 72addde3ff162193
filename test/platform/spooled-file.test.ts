import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { sha256 } from "../../src/platform/digest.ts";
import { SpoolFailed, withSpooled } from "../../src/platform/spooled-file.ts";

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}

async function textOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  let text = "";
  for await (const piece of source) text += Buffer.from(piece).toString();
  return text;
}

function folders(): readonly string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith("gatehouse-"));
}

suite("a file that is kept while it is looked at", () => {
  test("can be read as often as it is wanted, and its digest is known before", async () => {
    const read = await withSpooled(pieces("one ", "two"), async ({ digest, read }) => [
      digest,
      await textOf(read()),
      await textOf(read()),
    ]);
    assert.deepEqual(read, [sha256("one two"), "one two", "one two"]);
    assert.equal(await withSpooled(pieces(), async ({ read }) => await textOf(read())), "");
  });

  test("is nobody else's to read, and gone afterwards, whatever happened", async () => {
    const before = new Set(folders());
    let made = "";
    const broken = withSpooled(pieces("x"), async () => {
      made = folders().find((name) => !before.has(name)) ?? "";
      assert.equal(statSync(join(tmpdir(), made)).mode & 0o777, 0o700);
      assert.equal(statSync(join(tmpdir(), made, "file")).mode & 0o777, 0o600);
      return await Promise.reject(new Error("not what I want"));
    });
    await assert.rejects(broken, /not what I want/);
    assert.equal(folders().includes(made), false);
  });

  test("is not there where what came broke off", async () => {
    async function* breaking(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(Buffer.from("x"));
      throw new Error("broken off");
    }
    await assert.rejects(
      withSpooled(breaking(), async () => await Promise.resolve(assert.fail("it was used"))),
      /broken off/,
    );
  });

  test("that the disk does not take is a failure of the disk", async () => {
    const folder = process.env["TMPDIR"];
    process.env["TMPDIR"] = "/nowhere/at/all";
    try {
      await assert.rejects(
        withSpooled(pieces("x"), async () => await Promise.resolve()),
        SpoolFailed,
      );
    } finally {
      if (folder === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = folder;
    }
  });
});
