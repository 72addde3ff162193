import assert from "node:assert/strict";
import { test } from "node:test";
import { basicCredentials } from "../../src/http/basic-credentials.ts";

const header = (text: string | Buffer) => `Basic ${Buffer.from(text).toString("base64")}`;

test("a name and a password are read; the first colon parts them", () => {
  assert.deepEqual(basicCredentials(header("alice:a:b")), { username: "alice", password: "a:b" });
  assert.deepEqual(basicCredentials(header("ä:ö")), { username: "ä", password: "ö" });
  assert.deepEqual(basicCredentials(header("alice:x").replace("Basic", "basic")), {
    username: "alice",
    password: "x",
  });
});

for (const [name, text] of [
  ["no header", undefined],
  ["an empty one", ""],
  ["another scheme", "Bearer abc"],
  ["no colon", header("alice")],
  ["no base64", "Basic ???"],
  ["bytes that are not UTF-8", header(Buffer.from([0x61, 0x3a, 0xff]))],
  ["16 KiB", header("a".repeat(16_384))],
] as const) {
  test(`${name}: nothing is read`, () => {
    assert.equal(basicCredentials(text), undefined);
  });
}
