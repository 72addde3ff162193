import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { FederationMember } from "../../src/model/federation.ts";
import type { FederationFile } from "../../src/saml/federation-messages.ts";
import { FederationRefused, readFederation } from "../../src/saml/federation-reader.ts";
import { CERTIFICATE, group, KEY, OTHER_KEY, plain } from "../attack/saml/odd-federations.ts";
import {
  federationFile,
  federationText,
  identityProvider,
  member,
} from "../fixtures/saml/federation-file.ts";
import { NOW_MS } from "../fixtures/saml/installation.ts";

const A = "https://a.example/sp";
const HOUR_MS = 3_600_000;

interface Read {
  readonly file: FederationFile;
  readonly members: readonly FederationMember[];
}

async function* piecesOf(texts: Iterable<string>): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}

async function read(texts: Iterable<string>, pinnedCertificate?: string): Promise<Read> {
  const members: FederationMember[] = [];
  const file = await readFederation(piecesOf(texts), { pinnedCertificate, nowMs: NOW_MS }, async (found) => {
    members.push(...found);
    await Promise.resolve();
  });
  return { file, members };
}

async function problemOf(texts: Iterable<string>, pinnedCertificate?: string): Promise<string> {
  try {
    await read(texts, pinnedCertificate);
  } catch (error) {
    assert.ok(error instanceof FederationRefused, String(error));
    return error.problem;
  }
  assert.fail("it was taken");
}

describe("a federation's file is read in a thread of its own", () => {
  test("into members with their names, and a summary", async () => {
    const idp = identityProvider("https://idp.example", CERTIFICATE);
    const named = member({ entityId: A, name: "Wiki &amp; more", certificate: CERTIFICATE });
    const nameless = plain("").replace(/ entityID=""/, "");
    const long = plain(`https://l.example/${"x".repeat(1_100)}`);
    const until = ' validUntil="2026-03-04T14:00:00Z"';
    const text = federationText([named, idp, nameless, long], { key: KEY.privateKey, attributes: until });
    const { file, members } = await read([text], CERTIFICATE);
    assert.deepEqual(
      members.map(({ entityId, name, validUntilMs }) => [entityId, name, validUntilMs]),
      [[A, "Wiki & more", NOW_MS + 2 * HOUR_MS]],
    );
    assert.match(file.fileDigest, /^[\w-]{43}$/);
    assert.deepEqual(
      { ...file, fileDigest: "" },
      {
        fileDigest: "",
        validUntilMs: NOW_MS + 2 * HOUR_MS,
        cacheDurationMs: undefined,
        nextDueMs: NOW_MS + HOUR_MS,
        members: 1,
        others: 1,
        leftOut: 2,
      },
    );
  });

  test("whose digests differ where the members do, and nowhere else", async () => {
    const one = await read([group(plain(A))]);
    const reformatted = await read([group(`\n <!-- new --> ${plain(A)}\n`)]);
    const changed = await read([group(plain(A).replace("a.example/sp/acs", "a.example/sp/new"))]);
    assert.equal(one.members[0]?.digest, reformatted.members[0]?.digest);
    assert.notEqual(one.file.fileDigest, reformatted.file.fileDigest);
    assert.notEqual(one.members[0]?.digest, changed.members[0]?.digest);
  });

  test("from pieces of any size, several at a time", async () => {
    const ids = Array.from({ length: 300 }, (_, index) => `https://m${index}.example`);
    const file = [...federationFile(() => ids.map((id) => plain(id)), { key: KEY.privateKey })];
    const text = file.join("");
    assert.ok(text.length > 3 * 256 * 1_024);
    for (const texts of [[text], file, text.match(/[^]{1,5000}/g) ?? []]) {
      const { members } = await read(texts, CERTIFICATE);
      assert.deepEqual(
        members.map(({ entityId }) => entityId),
        ids,
      );
    }
  });
});

describe("a federation's file is refused", () => {
  const refused: readonly (readonly [name: string, text: string, problem: RegExp, pin?: string])[] = [
    ["that is no XML", "hello", /^It cannot be read: /],
    ["that breaks half-way", group(plain(A)).slice(0, -5), /^It cannot be read: it ends in the middle/],
    ["that is not signed", federationText([plain(A)]), /^It is not signed as it must be: /, CERTIFICATE],
    [
      "that another key signed",
      federationText([plain(A)], { key: OTHER_KEY.privateKey }),
      /^It is not signed as it must be: .* any registered key/,
      CERTIFICATE,
    ],
    [
      "that was changed behind its signature",
      federationText([plain(A)], { key: KEY.privateKey }).replace("sp/acs", "sp/evil"),
      /^It is not signed as it must be: the file was changed/,
      CERTIFICATE,
    ],
    [
      "that has ended",
      federationText([], { attributes: ' validUntil="2026-03-04T12:00:00Z"' }),
      /^It was valid until 4 March 2026\.$/,
    ],
    [
      "whose end is no time",
      federationText([], { attributes: ' validUntil="tomorrow"' }),
      /^Its validUntil is not a time\.$/,
    ],
    ["whose pinned certificate is none", group(""), /^The pinned certificate cannot be used: /, "AAAA"],
  ];
  for (const [name, text, problem, pin] of refused) {
    test(name, async () => {
      assert.match(await problemOf([text], pin), problem);
    });
  }

  test("that never ends, at the limit of its tokens and not at that of the memory", async () => {
    function* endless(): Generator<string> {
      yield `<a b="`;
      for (;;) yield "x".repeat(100_000);
    }
    assert.match(await problemOf(endless()), /more than 1048576 characters/);
  });

  test("when the source or the store of its members fails, with their own error", async () => {
    const task = { pinnedCertificate: undefined, nowMs: NOW_MS };
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(Buffer.from(group("").slice(0, 10)));
      throw new Error("the line is dead");
    }
    await assert.rejects(
      readFederation(broken(), task, async () => await Promise.resolve()),
      /the line is dead/,
    );
    const failing = async () => await Promise.reject(new Error("the store is away"));
    await assert.rejects(readFederation(piecesOf([group(plain(A))]), task, failing), /the store is away/);
  });
});
