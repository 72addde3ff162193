import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { sessionIndexFor } from "../../src/session/session-index.ts";
import { ALICE, openWorld, type World } from "../attack/saml/corpus.ts";
import {
  logoutRequest,
  logoutResponse,
  redirectQuery,
  type ServiceProvider,
  status,
} from "../attack/saml/service-provider.ts";
import { attributeOf, sentMessage, statusOf } from "./answers.ts";

let world: World;
let runId: string;
let receiptId: string;

/** wiki asks for the logout of the session in which mail takes part too: mail must be told through the browser. */
beforeEach(async () => {
  world = await openWorld();
  const { landing, wiki, id } = world;
  const index = sessionIndexFor("session-1", "app-wiki");
  const body = `${ALICE}<samlp:SessionIndex>${index}</samlp:SessionIndex>`;
  const landed = await landing.get(
    "/saml/slo",
    redirectQuery(logoutRequest(wiki, id(), { body }), { key: wiki.privateKey, relayState: "done" }),
  );
  runId = new URL(landed.location ?? "", "https://id.example.org").searchParams.get("run") ?? "";
  receiptId = (await landing.runs.get(runId))?.receiptId ?? "";
});
afterEach(async () => {
  await world.landing.close();
});

/** Our LogoutRequest to mail in its frame. */
async function toldInFrame(): Promise<string> {
  const reply = await world.landing.runner.frame(runId, "app-mail");
  assert.ok(reply?.kind === "redirect");
  const { xml, to } = sentMessage(reply);
  assert.equal(to, "https://mail.example.com/slo");
  assert.match(xml, />alice<\/saml:NameID><samlp:SessionIndex>/);
  return attributeOf(xml, "ID") ?? "";
}

async function answer(
  sp: ServiceProvider,
  inResponseTo: string,
  isSigned: boolean,
  ...codes: readonly string[]
) {
  const xml = logoutResponse(sp, world.id(), {
    attributes: { InResponseTo: inResponseTo },
    body: status(...codes),
  });
  const key = isSigned ? sp.privateKey : undefined;
  return await world.landing.get("/saml/slo", redirectQuery(xml, { parameter: "SAMLResponse", key }));
}

async function outcome(): Promise<string | undefined> {
  const receipt = await world.landing.durable.receipts.get(receiptId);
  return receipt?.entries.find(({ applicationId }) => applicationId === "app-mail")?.outcome;
}

async function endOfRun() {
  const end = await world.landing.runner.proceed(runId);
  assert.ok(end.kind === "send" && end.reply.kind === "redirect");
  return sentMessage(end.reply);
}

describe("what an application answers in its frame is written down", () => {
  for (const [codes, expected] of [
    [["Success"], "signed-out"],
    [["Success", "PartialLogout"], "signed-out"],
    [["Requester", "UnknownPrincipal"], "already-gone"],
    [["Responder"], "refused"],
    [["Responder", "RequestDenied"], "refused"],
  ] as const) {
    test(`${codes.join(", ")}: ${expected}`, async () => {
      const landed = await answer(world.mail, await toldInFrame(), true, ...codes);
      assert.equal(landed.kind, "body");
      assert.equal(await outcome(), expected);
    });
  }

  test("SA-63 an answer without a signature confirms nothing", async () => {
    const landed = await answer(world.mail, await toldInFrame(), false, "Success");
    assert.equal(landed.kind, "body");
    assert.equal(await outcome(), "refused");
  });

  test("SA-63 an answer of another application to mail's message changes nothing, and mail's own still counts", async () => {
    const messageId = await toldInFrame();
    const foreign = await answer(world.evil, messageId, true, "Success");
    assert.equal(foreign.code, "saml.unexpected-response");
    assert.equal(await outcome(), "pending");
    await answer(world.mail, messageId, true, "Success");
    assert.equal(await outcome(), "signed-out");
  });

  test("SA-63 the same answer twice counts once", async () => {
    const messageId = await toldInFrame();
    await answer(world.mail, messageId, true, "Responder");
    const again = await answer(world.mail, messageId, true, "Success");
    assert.equal(again.code, "saml.unexpected-response");
    assert.equal(await outcome(), "refused");
  });
});

describe("the application that asked gets a true answer at the end", () => {
  test("Success where the other one has confirmed in its frame and on its visit", async () => {
    await answer(world.mail, await toldInFrame(), true, "Success");
    const visit = await world.landing.runner.proceed(runId);
    assert.ok(visit.kind === "send" && visit.reply.kind === "redirect");
    const messageId = attributeOf(sentMessage(visit.reply).xml, "ID") ?? "";
    const { xml, relayState, to } = sentMessage(await answer(world.mail, messageId, true, "Success"));
    assert.deepEqual(
      [to, relayState, statusOf(xml)],
      ["https://wiki.example.com/slo/done", "done", "Success"],
    );
  });

  test("SA-64 PartialLogout where the other one was silent", async () => {
    await toldInFrame();
    const { xml } = await endOfRun();
    assert.equal(statusOf(xml), "Success, PartialLogout");
    assert.equal(await outcome(), "no-answer");
  });

  test("SA-64 PartialLogout where the other one refused", async () => {
    await answer(world.mail, await toldInFrame(), true, "Responder");
    const visit = await world.landing.runner.proceed(runId);
    assert.ok(visit.kind === "send" && visit.reply.kind === "redirect");
    const messageId = attributeOf(sentMessage(visit.reply).xml, "ID") ?? "";
    const { xml } = sentMessage(await answer(world.mail, messageId, true, "Responder"));
    assert.equal(statusOf(xml), "Success, PartialLogout");
  });
});
