import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { cutOffBy, type KeyFacts, standingOf, standingsOf } from "../../src/admin/key-standing.ts";
import type { Application } from "../../src/model/application.ts";
import type { KeyUse } from "../../src/model/key-use.ts";
import type { SigningKeyState, SigningKeyType } from "../../src/model/signing-key.ts";
import { oidcApplication } from "../fixtures/oidc/application.ts";
import { samlApplication } from "../fixtures/saml/installation.ts";

const HOUR_MS = 3_600_000;
const MADE_MS = Date.UTC(2026, 10, 24);

function key(id: string, state: SigningKeyState, type: SigningKeyType = "RSA-2048"): KeyFacts {
  return { id, type, state, certificate: "", createdAtMs: MADE_MS, stateSinceMs: MADE_MS };
}

const KEYS = [
  key("next", "next"),
  key("active", "active"),
  key("old", "retiring"),
  key("ec-next", "next", "P-256"),
  key("ec", "active", "P-256"),
];
const EARLY = { keys: KEYS, rollover: { slowestReaderHours: 24 }, nowMs: MADE_MS + 24 * HOUR_MS - 1 };
const IN_TIME = { ...EARLY, nowMs: EARLY.nowMs + 1 };

const use = (accepted: string | undefined, signed?: string, later = 1): KeyUse => ({
  applicationId: "app-1",
  ...(accepted === undefined ? {} : { accepted: { keyId: accepted, atMs: 100, how: "logout-answered" } }),
  ...(signed === undefined ? {} : { signed: { keyId: signed, atMs: 100 + later } }),
});

suite("the key that signs for an application", () => {
  for (const [what, application, expected] of [
    ["SAML: the RSA key that signs", samlApplication(), ["active", false]],
    [
      "SAML with ECDSA: the P-256 key",
      samlApplication({ signatureAlgorithm: "ecdsa-sha256" }),
      ["ec", false],
    ],
    ["one that stays: its key", samlApplication({ signingKeyId: "old" }), ["old", true]],
    [
      "one that stays with what is gone: what signs",
      samlApplication({ signingKeyId: "gone" }),
      ["active", false],
    ],
    [
      "one that stays with a key that its algorithm cannot use: what signs",
      samlApplication({ signingKeyId: "old", signatureAlgorithm: "ecdsa-sha256" }),
      ["ec", false],
    ],
    [
      "OpenID Connect: by its ID token's algorithm",
      oidcApplication({ idTokenAlgorithm: "ES256" }),
      ["ec", false],
    ],
    [
      "a program without people: none",
      oidcApplication({ grantTypes: ["client_credentials"] }),
      [undefined, false],
    ],
  ] as const) {
    test(what, () => {
      const standing = standingOf(application, undefined, IN_TIME);
      assert.deepEqual([standing.key?.id, standing.isHeld], expected);
    });
  }
});

suite("whether an application was seen to accept the key that signs for it", () => {
  for (const [what, noted, sight] of [
    ["nothing is noted", undefined, "unseen"],
    ["it was seen with it", use("active", "active"), "seen"],
    ["it was sent it, and that proves nothing", use(undefined, "active"), "unseen"],
    ["it was seen with the one before, and sent this one since", use("old", "active"), "missed"],
    ["it was seen with the one before, and sent nothing since", use("old", "old"), "unseen"],
    ["it was seen with another one after it was sent this one", use("old", "active", -1), "unseen"],
  ] as const) {
    test(`${what}: ${sight}`, () => {
      assert.equal(standingOf(samlApplication(), noted, IN_TIME).sight, sight);
    });
  }
});

suite("what the next step is to an application", () => {
  const oidc = oidcApplication({ idTokenAlgorithm: "RS256" });
  for (const [what, application, now, prospect] of [
    ["a moment too early", samlApplication(), EARLY, "cut-off-if-early"],
    ["a moment too early, OpenID Connect", oidc, EARLY, "cut-off-if-early"],
    ["in time", samlApplication(), IN_TIME, "reads-metadata"],
    ["in time, OpenID Connect", oidc, IN_TIME, "reads-jwks"],
    ["it stays with the key that signs", samlApplication({ signingKeyId: "active" }), EARLY, "stays"],
    [
      "it stays with a retiring key",
      samlApplication({ signingKeyId: "old" }),
      IN_TIME,
      "cut-off-by-retiring",
    ],
    [
      "it is switched off and stays with a retiring key",
      samlApplication({ signingKeyId: "old", enabled: false }),
      IN_TIME,
      "cut-off-by-retiring",
    ],
    ["it is switched off", samlApplication({ enabled: false }), EARLY, "none"],
    ["there is no next key", samlApplication(), { ...EARLY, keys: [key("active", "active")] }, "none"],
  ] as const) {
    test(`${what}: ${prospect}`, () => {
      assert.equal(standingOf(application, undefined, now).prospect, prospect);
    });
  }
});

suite("who would be cut off by a step", () => {
  const named = (name: string, changes: object = {}) => samlApplication({ id: name, name, ...changes });
  const applications: readonly Application[] = [
    named("plain"),
    named("ecdsa", { signatureAlgorithm: "ecdsa-sha256" }),
    named("held", { signingKeyId: "old" }),
    named("seen"),
    named("sleeper"),
    oidcApplication({ id: "client", name: "client", idTokenAlgorithm: "RS256" }),
  ];
  const uses: readonly KeyUse[] = [
    { ...use("active", "active"), applicationId: "seen" },
    { ...use(undefined, "old"), applicationId: "sleeper" },
  ];
  const names = (step: "sign" | "retire" | "go-back", id: string, now: typeof EARLY) => {
    const found = KEYS.find((each) => each.id === id);
    assert.ok(found !== undefined);
    return cutOffBy(step, found, standingsOf(applications, uses, now)).map(
      ({ application }) => application.id,
    );
  };

  test("signing too early: everybody of that kind of key who does not stay", () => {
    assert.deepEqual(names("sign", "next", EARLY), ["client", "plain", "seen", "sleeper"]);
    assert.deepEqual(names("sign", "ec-next", EARLY), ["ecdsa"]);
  });

  test("signing in time: service providers, which may have the certificate by hand", () => {
    assert.deepEqual(names("sign", "next", IN_TIME), ["plain", "seen", "sleeper"]);
  });

  test("retiring: who was last sent a signature of that key", () => {
    assert.deepEqual(names("retire", "old", IN_TIME), ["sleeper"]);
  });

  test("going back: service providers that were seen with the newer key", () => {
    assert.deepEqual(names("go-back", "old", IN_TIME), ["seen"]);
  });
});
