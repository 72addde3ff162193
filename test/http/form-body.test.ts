import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, test, type TestContext } from "node:test";
import { formBody, formOf, rawQuery, textBody } from "../../src/http/form-body.ts";
import { errorHandler } from "../../src/http/error-handler.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { silentLog } from "../../src/platform/log.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { post, serve } from "./serve.ts";
import { testRenderer } from "./site.ts";

const LIMIT = 1_000;

async function echo(t: TestContext): Promise<string> {
  const errors = errorHandler({
    render: testRenderer(),
    log: silentLog,
    random: systemRandom,
    clock: systemClock,
  });
  return await serve(
    t,
    formBody(LIMIT),
    (request, response) => {
      response.json({
        raw: request.body as unknown,
        names: formOf(request).names(),
        query: rawQuery(request),
      });
    },
    { errors },
  );
}

describe("a form's body", () => {
  test("is kept exactly as it was sent", async (t) => {
    const url = await echo(t);
    const raw = "a=%2f%2F+x&a=2&b=%C3%A9";
    const answer = await post(`${url}/?x=%2f&x=2?y`, raw);
    assert.deepEqual(await answer.json(), { raw, names: ["a", "b"], query: "x=%2f&x=2?y" });
  });

  const refused: [name: string, status: number, body: string, headers: Record<string, string>][] = [
    ["above the limit", 413, `a=${"x".repeat(LIMIT)}`, {}],
    ["as JSON", 415, "{}", { "content-type": "application/json" }],
    ["as multipart", 415, "--x--", { "content-type": "multipart/form-data; boundary=x" }],
    [
      "of a kind that only begins like a form",
      415,
      "a=1",
      { "content-type": "application/x-www-form-urlencodedx" },
    ],
    ["compressed", 415, "a=1", { "content-encoding": "gzip" }],
    ["with a broken percent-encoding", 400, "a=%zz", {}],
    ["with a percent-encoding that is not UTF-8", 400, "a=%ff", {}],
    ["with more than 200 fields", 400, "a&".repeat(201), {}],
  ];
  for (const [name, status, body, headers] of refused) {
    test(`${name} is refused with ${status}`, async (t) => {
      const answer = await post(await echo(t), body, headers);
      assert.equal(answer.status, status);
      assert.match(await answer.text(), /This request cannot be read/);
    });
  }

  test("without any body is an empty form", async (t) => {
    const answer = await post(await echo(t), "");
    assert.partialDeepStrictEqual(await answer.json(), { raw: "", names: [] });
  });

  test("RL-40 that grows beyond the limit without saying so is refused while it comes", async (t) => {
    const url = new URL(await echo(t));
    const socket = connect(Number(url.port), url.hostname);
    t.after(() => socket.destroy());
    socket.on("error", () => undefined);
    socket.write(
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n",
    );
    const chunk = `${(500).toString(16)}\r\n${"x".repeat(500)}\r\n`;
    for (let sent = 0; sent < 4; sent += 1) socket.write(chunk);
    const head = await new Promise<string>((resolve) =>
      socket.once("data", (data) => resolve(data.toString())),
    );
    assert.match(head, /^HTTP\/1\.1 413 /);
    assert.match(head, /connection: close/i);
  });

  test("that is not UTF-8 in its raw bytes is refused", async (t) => {
    const url = await echo(t);
    const answer = await fetch(url, {
      method: "POST",
      body: new Uint8Array([0x61, 0x3d, 0xff]),
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    assert.equal(answer.status, 400);
  });
});

test("a text body is read only under the content type that is asked for", async (t) => {
  const errors = errorHandler({
    render: testRenderer(),
    log: silentLog,
    random: systemRandom,
    clock: systemClock,
  });
  const url = await serve(
    t,
    textBody(/^text\/xml\b/, LIMIT),
    (request, response) => {
      response.type("text").send(String(request.body));
    },
    { errors },
  );
  const taken = await fetch(url, {
    method: "POST",
    body: "<a/>",
    headers: { "content-type": "text/xml; charset=utf-8" },
  });
  assert.equal(await taken.text(), "<a/>");
  const refused = await fetch(url, {
    method: "POST",
    body: "<a/>",
    headers: { "content-type": "text/plain" },
  });
  assert.equal(refused.status, 415);
});
