import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PendingRequests } from "../../src/flow/pending-requests.ts";
import type { ReplyAddress } from "../../src/model/reply-address.ts";
import type { SignOnRequest } from "../../src/model/sign-on-request.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { openEmbeddedVolatileStore } from "../../src/volatile/embedded.ts";
import { TestClock } from "../fixtures/clock.ts";

const request: SignOnRequest = {
  id: "r1",
  protocol: "saml",
  applicationId: "app1",
  replyTo: "https://wiki.example.org/acs" as ReplyAddress,
  receivedAtMs: 0,
  silent: false,
  reauthenticate: false,
  selectAccount: false,
  askConsent: false,
  scopes: [],
  wire: { relayState: "/a b+c%2B" },
};

function open() {
  const clock = new TestClock();
  return {
    clock,
    pending: new PendingRequests(openEmbeddedVolatileStore({ path: ":memory:", clock }), systemRandom),
  };
}

describe("PendingRequests", () => {
  test("a parked request comes back whole in its own browser", async () => {
    const { pending } = open();
    const id = await pending.park(request, "browser-a");
    assert.deepEqual(await pending.read(id, "browser-a"), { request, chosenAccountId: undefined });
  });

  test("another browser that was sent the link finds nothing (WB-02)", async () => {
    const { pending } = open();
    const id = await pending.park(request, "browser-a");
    assert.equal(await pending.read(id, "browser-b"), undefined);
  });

  test("two tabs of one browser do not overwrite each other", async () => {
    const { pending } = open();
    const first = await pending.park({ ...request, id: "r1" }, "browser-a");
    const second = await pending.park({ ...request, id: "r2" }, "browser-a");
    assert.equal((await pending.read(first, "browser-a"))?.request.id, "r1");
    assert.equal((await pending.read(second, "browser-a"))?.request.id, "r2");
  });

  test("a request parked by a cross-site POST belongs to the first browser that comes, of 50 at once to one", async () => {
    const { pending } = open();
    const id = await pending.park(request, undefined);
    const browsers = Array.from({ length: 50 }, (_, index) => `browser-${index}`);
    const found = await Promise.all(browsers.map(async (browser) => await pending.read(id, browser)));
    assert.equal(found.filter((one) => one !== undefined).length, 1);
  });

  test("the choice of an account is remembered with the request", async () => {
    const { pending } = open();
    const id = await pending.park(request, "browser-a");
    await pending.choose(id, "a1");
    assert.equal((await pending.read(id, "browser-a"))?.chosenAccountId, "a1");
  });

  test("a request is finished once, of 50 at once by one", async () => {
    const { pending } = open();
    const id = await pending.park(request, "browser-a");
    const finished = await Promise.all(Array.from({ length: 50 }, async () => await pending.finish(id)));
    assert.equal(finished.filter(Boolean).length, 1);
    assert.equal(await pending.read(id, "browser-a"), undefined);
  });

  test("an hour later it is gone", async () => {
    const { pending, clock } = open();
    const id = await pending.park(request, "browser-a");
    clock.advance(60 * 60_000);
    assert.equal(await pending.read(id, "browser-a"), undefined);
  });

  test("an id that nobody made finds nothing", async () => {
    assert.equal(await open().pending.read("x".repeat(43), "browser-a"), undefined);
    assert.equal(await open().pending.read("", "browser-a"), undefined);
  });
});
