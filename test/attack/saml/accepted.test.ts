import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { z } from "zod";
import { ACCEPTED } from "./accepted.ts";
import { type AcceptedCase, deliver, openWorld, type World } from "./corpus.ts";

const Wire = z.looseObject({ requestId: z.string() });

describe("odd messages that are right are accepted", () => {
  let world: World;
  before(async () => {
    world = await openWorld();
  });
  after(async () => {
    await world.landing.close();
  });

  for (const each of ACCEPTED) {
    test(`${each.name}: accepted as it was meant`, async () => {
      await accepted(world, each);
    });
  }
});

async function accepted(world: World, { send, expect = {}, wire = {} }: AcceptedCase): Promise<void> {
  const sent = send(world);
  world.landing.started.length = 0;
  const landed = await deliver(world, sent);
  assert.equal(landed.kind, "go", JSON.stringify(landed));
  const [started, ...others] = world.landing.started;
  assert.ok(started !== undefined && others.length === 0);
  // A form of another site brings no cookies; it goes on at a GET of ours.
  assert.equal(started.how, sent.method === "POST" ? "park" : "start");
  const read = Wire.parse(started.request.wire);
  assertPart(started.request, expect);
  assertPart(read, wire);
}

/** Every expected member is there with that value; what is absent and what is undefined are the same. */
function assertPart(actual: object, expected: Readonly<Record<string, unknown>>): void {
  const seen = z.record(z.string(), z.unknown()).parse(JSON.parse(JSON.stringify(actual)));
  for (const [name, value] of Object.entries(expected)) assert.deepEqual(seen[name], value, name);
}
