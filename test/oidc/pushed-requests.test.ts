import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { PushedRequests } from "../../src/oidc/pushed-requests.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { openEmbeddedVolatileStore } from "../../src/volatile/embedded.ts";
import { SingleUse } from "../../src/volatile/single-use.ts";
import { TestClock } from "../fixtures/clock.ts";
import { authorization } from "../fixtures/oidc/authorization.ts";
import { parametersOf } from "../fixtures/oidc/requests.ts";

describe("PushedRequests", () => {
  let clock: TestClock;
  let pushed: PushedRequests;
  let singleUse: SingleUse;

  before(() => {
    clock = new TestClock();
    const store = openEmbeddedVolatileStore({ path: ":memory:", clock });
    singleUse = new SingleUse(store, systemRandom);
    pushed = new PushedRequests(store, singleUse);
  });

  async function push(changes: Record<string, string> = {}) {
    return await pushed.push("wiki", parametersOf(authorization(changes)));
  }

  test("what was pushed is read as often as the page is opened, until it is answered (CF-95)", async () => {
    const { requestUri } = await push({ state: "a b&c=ü" });
    for (const _ of [1, 2]) {
      assert.equal((await pushed.read("wiki", requestUri))?.parameters.get("state"), "a b&c=ü");
    }
    const read = await pushed.read("wiki", requestUri);
    assert.equal(await pushed.spend("wiki", read?.id ?? ""), true);
    assert.equal(await pushed.read("wiki", requestUri), undefined);
  });

  test("of 50 answers at once one is given (CF-94)", async () => {
    const { requestUri } = await push();
    const id = (await pushed.read("wiki", requestUri))?.id ?? "";
    const all = await Promise.all(Array.from({ length: 50 }, async () => await pushed.spend("wiki", id)));
    assert.equal(all.filter(Boolean).length, 1);
  });

  test("another client can neither read nor spend it (CF-97)", async () => {
    const { requestUri } = await push();
    const id = (await pushed.read("wiki", requestUri))?.id ?? "";
    assert.equal(await pushed.read("planner", requestUri), undefined);
    assert.equal(await pushed.spend("planner", id), false);
    assert.equal(await pushed.spend("wiki", id), true);
  });

  test("it expires after its 60 seconds, but a person who began before may take an hour (CF-96)", async () => {
    const { requestUri, expiresInSeconds } = await push();
    assert.equal(expiresInSeconds, 60);
    const id = (await pushed.read("wiki", requestUri))?.id ?? "";
    clock.advance(60_001);
    assert.equal(await pushed.read("wiki", requestUri), undefined);
    clock.advance(59 * 60_000);
    assert.equal(await pushed.spend("wiki", id), true);
  });

  test("the client's credentials are not kept", async () => {
    const { requestUri } = await push({ client_secret: "s3cret", client_assertion: "a.b.c" });
    const read = await pushed.read("wiki", requestUri);
    assert.equal(read?.parameters.has("client_secret"), false);
    assert.equal(read?.parameters.has("client_assertion"), false);
  });

  test("its id is 256 random bits and is no code (OA-24, OA-91)", async () => {
    const { requestUri } = await push();
    assert.match(requestUri, /^urn:ietf:params:oauth:request_uri:[\w-]{43}$/);
    const id = requestUri.slice(requestUri.lastIndexOf(":") + 1);
    assert.equal((await singleUse.redeem("code", id, 1000, "wiki")).state, "unknown");
    assert.equal((await singleUse.redeem("code", id, 1000)).state, "unknown");
  });
});
