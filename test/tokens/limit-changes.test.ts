import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { TokenLimits } from "../../src/model/api-token.ts";
import { limitChanges, widens } from "../../src/tokens/acts/limit-changes.ts";

const BARE: TokenLimits = {
  scopes: ["a:read"],
  resources: ["https://a.example/"],
  addresses: [],
  methods: [],
  pathPrefixes: [],
};
const KEY = { kind: "dpop", thumbprint: "k".repeat(43) } as const;
const OTHER_KEY = { kind: "dpop", thumbprint: "o".repeat(43) } as const;
const CERTIFICATE = { kind: "certificate", thumbprint: KEY.thumbprint } as const;

type Change = Partial<TokenLimits> & { readonly expiresAtMs?: number };

function changed(before: Change, after: Change) {
  const reach = ({ expiresAtMs = 1_000, ...limits }: Change) => ({
    limits: { ...BARE, ...limits },
    expiresAtMs,
  });
  return limitChanges(reach(before), reach(after)).map(({ field, direction, entries }) =>
    `${field} ${direction}: ${entries.join(" ")}`.trim(),
  );
}

describe("what a change of limits does", () => {
  const rows: readonly (readonly [
    what: string,
    before: Change,
    after: Change,
    expected: readonly string[],
  ])[] = [
    ["nothing", {}, {}, []],
    ["the same in another order", { methods: ["GET", "PUT"] }, { methods: ["PUT", "GET"] }, []],
    ["one more right", {}, { scopes: ["a:read", "a:write"] }, ["scopes wider: a:write"]],
    ["one right less", {}, { scopes: [] }, ["scopes narrower: a:read"]],
    [
      "another right in its place",
      {},
      { scopes: ["a:write"] },
      ["scopes wider: a:write", "scopes narrower: a:read"],
    ],
    [
      "another resource",
      {},
      { resources: ["https://b.example/"] },
      ["resources wider: https://b.example/", "resources narrower: https://a.example/"],
    ],
    ["from anywhere to one place", {}, { addresses: ["192.0.2.7"] }, ["addresses narrower:"]],
    ["from one place to anywhere", { addresses: ["192.0.2.7"] }, {}, ["addresses wider:"]],
    [
      "a range to one address in it",
      { addresses: ["192.0.2.0/24"] },
      { addresses: ["192.0.2.7"] },
      ["addresses narrower: 192.0.2.0/24"],
    ],
    [
      "a range to a smaller one in it",
      { addresses: ["2001:db8::/32"] },
      { addresses: ["2001:db8:1::/48"] },
      ["addresses narrower: 2001:db8::/32"],
    ],
    [
      "a range to a larger one around it",
      { addresses: ["10.1.0.0/16"] },
      { addresses: ["10.0.0.0/8"] },
      ["addresses wider: 10.0.0.0/8"],
    ],
    [
      "a range to one beside it",
      { addresses: ["10.1.0.0/16"] },
      { addresses: ["10.2.0.0/16"] },
      ["addresses wider: 10.2.0.0/16", "addresses narrower: 10.1.0.0/16"],
    ],
    [
      "an address of the other family",
      { addresses: ["10.0.0.0/8"] },
      { addresses: ["10.0.0.0/8", "::1"] },
      ["addresses wider: ::1"],
    ],
    ["any method to one", {}, { methods: ["GET"] }, ["methods narrower:"]],
    ["one method to any", { methods: ["GET"] }, {}, ["methods wider:"]],
    ["one method more", { methods: ["GET"] }, { methods: ["GET", "PUT"] }, ["methods wider: PUT"]],
    [
      "a path to one below it",
      { pathPrefixes: ["/a"] },
      { pathPrefixes: ["/a/b"] },
      ["pathPrefixes narrower: /a"],
    ],
    [
      "a path to one that only begins alike",
      { pathPrefixes: ["/a"] },
      { pathPrefixes: ["/ab"] },
      ["pathPrefixes wider: /ab", "pathPrefixes narrower: /a"],
    ],
    ["a limit where there was none", {}, { perMinute: 5 }, ["perMinute narrower:"]],
    ["no limit any more", { perDay: 5 }, {}, ["perDay wider:"]],
    ["a higher limit", { perDay: 5 }, { perDay: 6 }, ["perDay wider:"]],
    ["bound from now on", {}, { binding: KEY }, ["binding narrower:"]],
    ["bound no more", { binding: KEY }, {}, ["binding wider:"]],
    ["bound to another key", { binding: KEY }, { binding: OTHER_KEY }, ["binding wider:"]],
    [
      "bound to a certificate of that thumbprint",
      { binding: KEY },
      { binding: CERTIFICATE },
      ["binding wider:"],
    ],
    ["a longer life", {}, { expiresAtMs: 1_001 }, ["expiresAtMs wider:"]],
    ["a shorter life", {}, { expiresAtMs: 999 }, ["expiresAtMs narrower:"]],
  ];
  for (const [what, before, after, expected] of rows) {
    test(what, () => {
      assert.deepEqual(changed(before, after), expected);
    });
  }

  test("a stored range that is no limit by today's rules covers nothing, so what replaces it counts as wider", () => {
    const changes = limitChanges(
      { limits: { ...BARE, addresses: ["0.0.0.0/0"] }, expiresAtMs: 1 },
      { limits: { ...BARE, addresses: ["192.0.2.7"] }, expiresAtMs: 1 },
    );
    assert.equal(widens(changes), true);
  });

  test("only what takes away widens nothing", () => {
    const narrower = limitChanges(
      { limits: BARE, expiresAtMs: 2 },
      { limits: { ...BARE, scopes: [], addresses: ["::1"], perDay: 1, binding: KEY }, expiresAtMs: 1 },
    );
    assert.equal(narrower.length, 5);
    assert.equal(widens(narrower), false);
  });
});
