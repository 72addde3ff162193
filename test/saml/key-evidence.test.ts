import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { SigningKey } from "../../src/keys/key-ring.ts";
import type { SamlApplication } from "../../src/model/application.ts";
import { KeyEvidence } from "../../src/saml/key-evidence.ts";
import { Signers } from "../../src/saml/signers.ts";
import { sessionIndexFor } from "../../src/session/session-index.ts";
import { ALICE, openWorld, type World } from "../attack/saml/corpus.ts";
import {
  logoutRequest,
  logoutResponse,
  postForm,
  redirectQuery,
  type ServiceProvider,
  signed,
  status,
} from "../attack/saml/service-provider.ts";
import { keyRingOf, NOW_MS, samlApplication, session, signingKey } from "../fixtures/saml/installation.ts";
import { attributeOf, sentMessage } from "./answers.ts";

const ACTIVE = signingKey("RSA-2048");
const RETIRING = signingKey("RSA-2048", "retiring");
const BEGAN_MS = NOW_MS + 1_000;

/** What one session's index, named in a signed LogoutRequest, proves. */
function proves(application: Partial<SamlApplication>, keys: readonly SigningKey[], beganMs = BEGAN_MS) {
  const noted: unknown[] = [];
  const evidence = new KeyEvidence({
    signers: new Signers(keyRingOf(...keys)),
    keyUse: { accepted: (...note) => void noted.push(note) },
  });
  evidence.sessionNamed(samlApplication(application), session({ startedAtMs: beganMs }));
  return noted;
}

describe("a session that is named in a LogoutRequest", () => {
  const before_ = { updatedAtMs: BEGAN_MS - 1 };

  test("proves the key that has signed since before the session began", () => {
    assert.deepEqual(proves(before_, [ACTIVE]), [["app-1", ACTIVE.id, "session-named"]]);
  });

  test("proves nothing where the key began to sign during the session: the answer may have had the old one", () => {
    assert.deepEqual(proves(before_, [{ ...ACTIVE, stateSinceMs: BEGAN_MS + 1 }, RETIRING]), []);
  });

  test("proves nothing where the application's settings have changed since", () => {
    assert.deepEqual(proves({ updatedAtMs: BEGAN_MS + 1 }, [ACTIVE]), []);
  });

  test("proves the key that the application stays with, whenever that one became the retiring one", () => {
    const retiring = { ...RETIRING, stateSinceMs: BEGAN_MS + 1 };
    const staying = { ...before_, signingKeyId: RETIRING.id };
    assert.deepEqual(proves(staying, [ACTIVE, retiring]), [["app-1", RETIRING.id, "session-named"]]);
  });

  test("proves nothing about a key that it was to stay with and that is gone", () => {
    const young = { ...ACTIVE, stateSinceMs: BEGAN_MS + 1 };
    assert.deepEqual(proves({ ...before_, signingKeyId: "gone" }, [young]), []);
  });
});

describe("what is noted about our keys at a logout", () => {
  let world: World;
  beforeEach(async () => {
    world = await openWorld();
  });
  afterEach(async () => {
    await world.landing.close();
  });

  const indexOf = (sessionId: string) => sessionIndexFor(sessionId, "app-wiki");
  const named = (index: string) => `${ALICE}<samlp:SessionIndex>${index}</samlp:SessionIndex>`;

  /** wiki's LogoutRequest by Redirect; where it goes on. */
  async function ask(body: string, key?: ServiceProvider["privateKey"]): Promise<string> {
    const xml = logoutRequest(world.wiki, world.id(), { body });
    const landed = await world.landing.get("/saml/slo", redirectQuery(xml, { key }));
    return landed.location ?? "";
  }

  test("a signed request that names the index of a session is a proof about that session alone", async () => {
    await ask(named(indexOf("session-2")), world.wiki.privateKey);
    assert.deepEqual(world.landing.proofs, [["app-wiki", "session-2", "session-named"]]);
  });

  test("so it is by POST", async () => {
    const xml = logoutRequest(world.wiki, world.id(), { body: named(indexOf("session-2")) });
    await world.landing.post("/saml/slo", postForm(signed(xml, world.wiki)));
    assert.deepEqual(world.landing.proofs, [["app-wiki", "session-2", "session-named"]]);
  });

  for (const [what, body] of [
    ["no index: it may know no more than the name", () => ALICE],
    ["an index that was never given", () => named("_guessed")],
    ["another application's index", () => named(sessionIndexFor("session-2", "app-mail"))],
  ] as const) {
    test(`a signed request with ${what} proves nothing`, async () => {
      await ask(body(), world.wiki.privateKey);
      assert.deepEqual(world.landing.proofs, []);
    });
  }

  test("a request that the application did not sign proves nothing", async () => {
    await ask(named(indexOf("session-2")));
    await ask(named(indexOf("session-2")), world.mail.privateKey);
    assert.deepEqual(world.landing.proofs, []);
  });

  /** Our LogoutRequest to mail, which wiki's logout leads to, and mail's answer to it. */
  async function answered(isSigned: boolean, ...codes: readonly string[]): Promise<void> {
    const { landing, mail } = world;
    const location = await ask(named(indexOf("session-1")), world.wiki.privateKey);
    const runId = new URL(location, "https://id.example.org").searchParams.get("run") ?? "";
    const reply = await landing.runner.frame(runId, "app-mail");
    assert.ok(reply?.kind === "redirect");
    const inResponseTo = attributeOf(sentMessage(reply).xml, "ID") ?? "";
    const xml = logoutResponse(mail, world.id(), {
      attributes: { InResponseTo: inResponseTo },
      body: status(...codes),
    });
    const key = isSigned ? mail.privateKey : undefined;
    landing.proofs.length = 0;
    await landing.get("/saml/slo", redirectQuery(xml, { parameter: "SAMLResponse", key }));
  }

  test("an answer “logged out” proves the key that the request was signed with", async () => {
    await answered(true, "Success");
    const { id } = world.landing.keyRing.active("RSA-2048");
    assert.deepEqual(world.landing.proofs, [["app-mail", id, "logout-answered"]]);
  });

  for (const codes of [["Requester", "UnknownPrincipal"], ["Responder"], ["Requester", "RequestDenied"]]) {
    test(`an answer ${codes.join(", ")} proves nothing: it may have been given before the signature was looked at`, async () => {
      await answered(true, ...codes);
      assert.deepEqual(world.landing.proofs, []);
    });
  }

  test("an answer that nobody signed proves nothing", async () => {
    await answered(false, "Success");
    assert.deepEqual(world.landing.proofs, []);
  });
});
