import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import type { Application } from "../../src/model/application.ts";
import { Busy } from "../../src/platform/busy.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { sourceIdOf, writeArtifact } from "../../src/saml/artifact.ts";
import { ArtifactResolver } from "../../src/saml/artifact-resolver.ts";
import { ArtifactSources } from "../../src/saml/artifact-sources.ts";
import { MessageRefused } from "../../src/saml/message-refused.ts";
import { BINDING } from "../../src/saml/namespaces.ts";
import { Signers } from "../../src/saml/signers.ts";
import { VerificationKeys } from "../../src/saml/verification-keys.ts";
import {
  ISSUER,
  keyRingOf,
  NOW_MS,
  POLICY,
  samlApplication,
  signingKey,
} from "../fixtures/saml/installation.ts";

/** A registry that counts how often it is read. */
function registry(...applications: readonly Application[]) {
  const listeners: (() => void)[] = [];
  const state = { applications, reads: 0 };
  return {
    state,
    all() {
      state.reads += 1;
      return state.applications;
    },
    onReload(listener: () => void) {
      listeners.push(listener);
    },
    reload(...changed: readonly Application[]) {
      state.applications = changed;
      for (const listener of listeners) listener();
    },
  };
}

const named = (name: string) => samlApplication({ id: name, entityId: `https://${name}.example.com` });

describe("an application by its SourceID", () => {
  test("is found by the SHA-1 of its entityID, and by nothing else", () => {
    const sources = new ArtifactSources(registry(named("wiki"), named("mail")));
    assert.equal(sources.of(sourceIdOf("https://mail.example.com"))?.id, "mail");
    assert.equal(sources.of(sourceIdOf("https://mail.example.com/")), undefined);
    assert.equal(sources.of(Buffer.alloc(20)), undefined);
  });

  test("is looked up in a table that is made once for each change of the registry", () => {
    const applications = registry(named("wiki"));
    const sources = new ArtifactSources(applications);
    assert.equal(applications.state.reads, 0);
    for (let count = 0; count < 5; count += 1) sources.of(sourceIdOf("https://wiki.example.com"));
    assert.equal(applications.state.reads, 1);
    applications.reload(named("mail"));
    assert.equal(sources.of(sourceIdOf("https://wiki.example.com")), undefined);
    assert.equal(sources.of(sourceIdOf("https://mail.example.com"))?.id, "mail");
    assert.equal(applications.state.reads, 2);
  });
});

const APPLICATION = {
  ...named("wiki"),
  artifactResolutionServices: [
    { binding: BINDING.soap, location: "https://wiki.example.com/artifact", index: 0 },
  ],
};
const OTHER = { ...APPLICATION, ...named("mail") };

function artifactOf(entityId: string): string {
  return writeArtifact({ endpointIndex: 0, sourceId: sourceIdOf(entityId), messageHandle: randomBytes(20) });
}

describe("artifacts of one application that come at once", () => {
  test("are fetched 16 at a time, and more are told to come again, without a call", async () => {
    let asked = 0;
    const release: (() => void)[] = [];
    const resolver = new ArtifactResolver({
      issuer: ISSUER,
      keys: new VerificationKeys(),
      sources: new ArtifactSources(registry(APPLICATION, OTHER)),
      signers: new Signers(keyRingOf(signingKey("RSA-2048"))),
      post: async () => {
        asked += 1;
        await new Promise<void>((resolve) => release.push(resolve));
        return { status: 503, body: "" };
      },
      spentIds: { spend: async () => await Promise.reject(new Error("nothing is spent")) },
      policy: POLICY,
      clock: { nowMs: () => NOW_MS },
      random: systemRandom,
    });
    const resolve = async (entityId: string) =>
      await resolver.resolve({ text: artifactOf(entityId), relayState: undefined }, "/saml/sso");
    const waiting = Array.from({ length: 16 }, async () => await resolve(APPLICATION.entityId));
    const settled = Promise.allSettled(waiting);
    await assert.rejects(resolve(APPLICATION.entityId), Busy);
    assert.equal(asked, 16);
    const ofOther = resolve(OTHER.entityId);
    const other = assert.rejects(ofOther, MessageRefused);
    for (const free of release) free();
    await other;
    for (const { status } of await settled) assert.equal(status, "rejected");
    const again = assert.rejects(resolve(APPLICATION.entityId), MessageRefused);
    release.at(-1)?.();
    await again;
    assert.equal(asked, 18);
  });
});
