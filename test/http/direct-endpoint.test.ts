import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { describe, test, type TestContext } from "node:test";
import { directEndpoint, directFirst } from "../../src/http/direct-endpoint.ts";
import { directFailure } from "../../src/http/error-handler.ts";
import { BodyRefused, readForm } from "../../src/http/form-body.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { Unavailable } from "../../src/platform/unavailable.ts";
import { TestClock } from "../fixtures/clock.ts";
import { keptLog, testRenderer } from "./site.ts";

const PATH = "/oauth2/token";
const SECRET = "postgres://gatehouse:s3cret@db";

function say(text: string) {
  return (_request: IncomingMessage, response: ServerResponse) => void response.end(text);
}

/** An endpoint before everything else, at an issuer with a path. */
async function serving(
  t: TestContext,
  serve: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>,
) {
  const log = keptLog();
  const counted: string[] = [];
  const listener = directFirst(
    {
      endpoints: [directEndpoint([PATH], { POST: serve }), directEndpoint(["/keys"], { GET: say("keys") })],
      base: "/id",
      before: (_request, response, path) => {
        counted.push(path);
        response.setHeader("Cache-Control", "no-store");
      },
      failed: directFailure({ render: testRenderer(), log, random: systemRandom, clock: new TestClock() }),
    },
    say("the rest"),
  );
  const server = createServer(listener).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return { url: `http://127.0.0.1:${address.port}`, log, counted };
}

describe("an endpoint before Express", () => {
  test("answers at its address and behind the issuer's path, with a query too", async (t) => {
    const { url, counted } = await serving(t, say("token"));
    for (const path of [PATH, `/id${PATH}`, `${PATH}?a=b`]) {
      const response = await fetch(url + path, { method: "POST" });
      assert.equal(await response.text(), "token");
      assert.equal(response.headers.get("cache-control"), "no-store");
    }
    assert.deepEqual(counted, [PATH, PATH, PATH]);
  });

  for (const path of ["/oauth2/Token", `${PATH}/`, `/x${PATH}`, "/oauth2/tok%65n", "/", "//oauth2/token"]) {
    test(`leaves ${path} to the rest`, async (t) => {
      const { url } = await serving(t, say("token"));
      const response = await fetch(url + path, { method: "POST" });
      assert.equal(await response.text(), "the rest");
    });
  }

  test("answers HEAD where it answers GET, and says which methods there are otherwise", async (t) => {
    const { url } = await serving(t, say("token"));
    assert.equal((await fetch(`${url}/keys`, { method: "HEAD" })).status, 200);
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      const response = await fetch(`${url}/keys`, { method });
      assert.equal(response.status, 405);
      assert.equal(response.headers.get("allow"), "GET, HEAD");
    }
  });

  test("RL-16 a store that is away is 503 in JSON, behind the issuer's path too, and tells no secret", async (t) => {
    const { url, log } = await serving(t, async () => {
      await Promise.reject(new Unavailable("volatile", { cause: new Error(SECRET) }));
    });
    for (const path of [PATH, `/id${PATH}`]) {
      const response = await fetch(url + path, { method: "POST" });
      assert.equal(response.status, 503);
      assert.equal(response.headers.get("retry-after"), "5");
      const text = await response.text();
      assert.partialDeepStrictEqual(JSON.parse(text), { error: "temporarily_unavailable" });
      assert.ok(!text.includes(SECRET));
    }
    assert.equal(log.lines[0]?.level, "warn");
  });

  test("a fault that is thrown at once is 500, and the next request is served", async (t) => {
    let first = true;
    const { url } = await serving(t, (_request, response) => {
      if (!first) return void response.end("token");
      first = false;
      throw new TypeError("a bug");
    });
    assert.equal((await fetch(url + PATH, { method: "POST" })).status, 500);
    assert.equal((await fetch(url + PATH, { method: "POST" })).status, 200);
  });

  test("half an answer is broken off, not finished as if it were whole", async (t) => {
    const { url } = await serving(t, async (_request, response) => {
      response.write("half");
      await Promise.reject(new TypeError("a bug"));
    });
    await assert.rejects(async () => await (await fetch(url + PATH, { method: "POST" })).text());
  });
});

describe("a form that is read without Express", () => {
  async function posting(t: TestContext, body: BodyInit, contentType = "application/x-www-form-urlencoded") {
    const { url } = await serving(t, async (request, response) => {
      const form = await readForm(request, 100);
      response.end(form.get("a") ?? "nothing");
    });
    const headers = { "content-type": contentType };
    return await fetch(url + PATH, { method: "POST", body, headers });
  }

  test("gives its parameters", async (t) => {
    assert.equal(await (await posting(t, "a=%C3%A4&b=2")).text(), "ä");
  });

  test("above the limit is 413, also where no length was said", async (t) => {
    assert.equal((await posting(t, `a=${"x".repeat(200)}`)).status, 413);
    const chunked = new ReadableStream({
      start(controller) {
        for (let n = 0; n < 30; n++) controller.enqueue(new TextEncoder().encode("a=12345678"));
        controller.close();
      },
    });
    const { url } = await serving(t, async (request) => void (await readForm(request, 100)));
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const init: RequestInit & { duplex: "half" } = { method: "POST", body: chunked, headers, duplex: "half" };
    const status = await fetch(url + PATH, init).then(
      (response) => response.status,
      () => 413, // The connection may be closed before the client has sent everything.
    );
    assert.equal(status, 413);
  });

  test("of another kind is 415, and one that is not UTF-8 or not decodable is 400", async (t) => {
    assert.equal((await posting(t, "a=1", "application/json")).status, 415);
    assert.equal((await posting(t, new Uint8Array([0x61, 0x3d, 0xff]))).status, 400);
    assert.equal((await posting(t, "a=%ZZ")).status, 400);
  });

  test("that is cut off ends the request and nothing else", async (t) => {
    const refusals: unknown[] = [];
    const { url } = await serving(t, async (request, response) => {
      await readForm(request, 1_000).catch((error: unknown) => refusals.push(error));
      response.end();
    });
    const abort = new AbortController();
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("a=1"));
        setTimeout(() => abort.abort(), 50);
      },
    });
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const init: RequestInit & { duplex: "half" } = {
      method: "POST",
      body,
      headers,
      duplex: "half",
      signal: abort.signal,
    };
    await assert.rejects(async () => await fetch(url + PATH, init));
    const endMs = Date.now() + 5_000;
    while (refusals.length === 0 && Date.now() < endMs)
      await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(refusals[0] instanceof Error);
    assert.ok(!(refusals[0] instanceof BodyRefused) || refusals[0].status === 400);
  });
});
