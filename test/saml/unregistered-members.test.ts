import assert from "node:assert/strict";
import { after, beforeEach, describe, test } from "node:test";
import type { SamlApplication } from "../../src/model/application.ts";
import { MessageRefused } from "../../src/saml/message-refused.ts";
import { receiveAuthnRequest } from "../../src/saml/receive-authn-request.ts";
import { readRedirect } from "../../src/saml/redirect-binding.ts";
import { RequestReplay } from "../../src/saml/request-replay.ts";
import { VerificationKeys } from "../../src/saml/verification-keys.ts";
import { openEmbeddedVolatileStore } from "../../src/volatile/embedded.ts";
import { authnRequest, redirectQuery, serviceProvider } from "../attack/saml/service-provider.ts";
import { TestClock } from "../fixtures/clock.ts";
import { countingRandom, ISSUER, NOW_MS, POLICY } from "../fixtures/saml/installation.ts";

const signing = serviceProvider("member", { requestsMustBeSigned: true });
const careless = serviceProvider("careless");
const clock = new TestClock(NOW_MS);
const volatile = openEmbeddedVolatileStore({ path: ":memory:", clock });
const browser = {
  session: undefined,
  account: undefined,
  binding: "browser-1",
  address: "192.0.2.1",
  logIn: async () => await Promise.reject(new Error("not in this test")),
  logOut: async () => await Promise.resolve(),
};
let admitted: string[];
let registered: Map<string, SamlApplication>;
let candidates: Map<string, SamlApplication>;
let count = 0;

beforeEach(() => {
  admitted = [];
  registered = new Map();
  candidates = new Map(
    [signing, careless].map(({ application }) => [application.entityId, { ...application, id: "" }]),
  );
});
after(async () => {
  await volatile.close();
});

const members = {
  candidate: async (entityId: string) => await Promise.resolve(candidates.get(entityId)),
  admit: async (entityId: string) => {
    admitted.push(entityId);
    const application = candidates.get(entityId);
    return await Promise.resolve(application === undefined ? undefined : { ...application, id: "made-now" });
  },
};

async function receive(query: string, given: typeof members | undefined = members) {
  return await receiveAuthnRequest(readRedirect(query), browser, {
    issuer: ISSUER,
    applications: { samlByEntityId: (entityId) => registered.get(entityId) },
    keys: new VerificationKeys(),
    replay: new RequestReplay(volatile),
    accountFor: async () => await Promise.resolve(undefined),
    policy: POLICY,
    clock,
    random: countingRandom(),
    members: given,
  });
}

function request(sp: typeof signing, changes: Parameters<typeof authnRequest>[2] = {}): string {
  count += 1;
  return authnRequest(sp, `_request-${count}`, changes);
}

describe("a request of a member that is not registered", () => {
  test("registers it, and goes on as one of the registered application", async () => {
    const received = await receive(redirectQuery(request(signing), { key: signing.privateKey }));
    assert.deepEqual(admitted, [signing.application.entityId]);
    assert.equal(received.application.id, "made-now");
    assert.equal(received.request.applicationId, "made-now");
    assert.equal(received.request.replyTo, "https://member.example.com/acs");
  });

  test("registers nobody a second time", async () => {
    registered.set(signing.application.entityId, signing.application);
    const received = await receive(redirectQuery(request(signing), { key: signing.privateKey }));
    assert.deepEqual(admitted, []);
    assert.equal(received.application.id, "app-member");
  });

  const refused: readonly (readonly [name: string, query: () => string, code: string])[] = [
    [
      "without the signature that its metadata demands",
      () => redirectQuery(request(signing)),
      "saml.unsigned",
    ],
    [
      "with another one's signature",
      () => redirectQuery(request(signing), { key: careless.privateKey }),
      "saml.signature",
    ],
    [
      "with a reply address that its metadata does not have",
      () =>
        redirectQuery(
          request(careless, { attributes: { AssertionConsumerServiceURL: "https://evil.example/acs" } }),
        ),
      "saml.acs-not-registered",
    ],
    [
      "that is old",
      () => redirectQuery(request(careless, { attributes: { IssueInstant: "2020-01-01T00:00:00Z" } })),
      "",
    ],
    [
      "for somebody else",
      () => redirectQuery(request(careless, { attributes: { Destination: "https://other.example/sso" } })),
      "",
    ],
    [
      "of a stranger",
      () => redirectQuery(request(careless, { issuer: "https://stranger.example" })),
      "saml.issuer-unknown",
    ],
  ];
  for (const [name, query, code] of refused) {
    test(`${name} is refused, and nobody is registered`, async () => {
      await assert.rejects(receive(query()), (error) => {
        assert.ok(error instanceof MessageRefused, String(error));
        if (code !== "") assert.equal(error.code, code);
        return true;
      });
      assert.deepEqual(admitted, []);
    });
  }

  test("is refused where nobody but the registered may sign on, and where it left at this moment", async () => {
    const query = () => redirectQuery(request(careless));
    await assert.rejects(
      receive(query(), { ...members, candidate: async () => await Promise.resolve(undefined) }),
      {
        code: "saml.issuer-unknown",
      },
    );
    await assert.rejects(
      receive(query(), { ...members, admit: async () => await Promise.resolve(undefined) }),
      {
        code: "saml.issuer-unknown",
      },
    );
  });
});
