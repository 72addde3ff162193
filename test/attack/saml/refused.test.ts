import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { deliver, openWorld, type RefusedCase, stateOf, type World } from "./corpus.ts";
import { REFUSED_BINDINGS } from "./refused-bindings.ts";
import { REFUSED_LOGOUTS } from "./refused-logouts.ts";
import { REFUSED_REQUESTS } from "./refused-requests.ts";
import { REFUSED_SIGNATURES } from "./refused-signatures.ts";
import { REFUSED_TEXT } from "./refused-text.ts";

const GROUPS: readonly (readonly [string, readonly RefusedCase[]])[] = [
  ["signatures that prove nothing are refused", REFUSED_SIGNATURES],
  ["text that readers disagree on, or pay too much for, is refused", REFUSED_TEXT],
  ["messages that are packed in another way are refused", REFUSED_BINDINGS],
  ["requests that are not what they must be are refused", REFUSED_REQUESTS],
  ["logouts that nobody may ask for are refused", REFUSED_LOGOUTS],
];

for (const [title, cases] of GROUPS) {
  describe(title, () => {
    let world: World;
    before(async () => {
      world = await openWorld();
    });
    after(async () => {
      await world.landing.close();
    });
    for (const each of cases) {
      test(`${each.id} ${each.name}: refused, and nothing is changed`, async () => {
        await refusedAndNothingChanged(world, each);
      });
    }
  });
}

async function refusedAndNothingChanged(world: World, { code, says, send }: RefusedCase): Promise<void> {
  const sent = send(world);
  const before = await stateOf(world);
  const landed = await deliver(world, sent);
  assert.deepEqual(
    { kind: landed.kind, code: landed.code },
    { kind: "problem", code },
    JSON.stringify(landed),
  );
  assert.ok(landed.status === 400 || landed.status === 413);
  if (says !== undefined) assert.match((landed.facts ?? []).map(({ value }) => value).join(" | "), says);
  assert.deepEqual(await stateOf(world), before);
  assert.deepEqual(landed.cookies, []);
}
