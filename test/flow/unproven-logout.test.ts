import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { SamlApplication } from "../../src/model/application.ts";
import { sessionIndexFor } from "../../src/session/session-index.ts";
import { ALICE, openWorld, type World } from "../attack/saml/corpus.ts";
import { logoutRequest, redirectQuery } from "../attack/saml/service-provider.ts";
import { session } from "../fixtures/saml/installation.ts";

let world: World;

beforeEach(async () => {
  world = await openWorld();
});
afterEach(async () => {
  await world.landing.close();
});

/** Anybody's page sends alice's browser here with a request in mail's name, and she says yes; the receipt's entry of mail. */
async function afterForgedRequest(mail: SamlApplication) {
  const { landing } = world;
  landing.applications.set(mail.id, mail);
  const live = session({ id: "session-1" });
  landing.visitor = { session: live, binding: "browser-1" };
  const index = `<samlp:SessionIndex>${sessionIndexFor("session-1", mail.id)}</samlp:SessionIndex>`;
  const forged = logoutRequest(world.mail, world.id(), { body: ALICE + index });
  const { location } = await landing.get("/saml/slo", redirectQuery(forged));
  const asked = new URL(location ?? "", "https://id.example.org").searchParams.get("asked") ?? "";
  const outcome = await landing.confirmed(asked, live);
  const run =
    outcome.kind === "go" ? new URL(outcome.to, "https://id.example.org").searchParams.get("run") : "";
  const frames = await landing.runner.frames(run ?? "");
  const receipt = await landing.durable.receipts.get(frames?.receiptId ?? "");
  return {
    entry: receipt?.entries.find(({ applicationId }) => applicationId === mail.id),
    frames: frames?.frames.map(({ applicationId }) => applicationId) ?? [],
  };
}

describe("SA-60 an application in whose name a logout came without proof", () => {
  test("is told like the others: its own session may still live", async () => {
    const { entry, frames } = await afterForgedRequest(world.mail.application);
    assert.equal(entry?.outcome, "pending");
    assert.ok(frames.includes("app-mail"), "there is a frame for it");
  });

  test("is not written down as signed out where it cannot be told", async () => {
    const { entry } = await afterForgedRequest({ ...world.mail.application, singleLogoutServices: [] });
    assert.equal(entry?.outcome, "not-supported");
    assert.equal(entry?.detail, undefined);
  });
});

test("WB-02 a question that another session was asked ends this one without an answer to who asked", async () => {
  const { landing } = world;
  landing.visitor = { session: session({ id: "session-1" }), binding: "browser-1" };
  const index = `<samlp:SessionIndex>${sessionIndexFor("session-1", "app-mail")}</samlp:SessionIndex>`;
  const own = logoutRequest(world.mail, world.id(), { body: ALICE + index });
  const { location } = await landing.get(
    "/saml/slo",
    redirectQuery(own, { relayState: "https://evil.example/" }),
  );
  const asked = new URL(location ?? "", "https://id.example.org").searchParams.get("asked") ?? "";

  const outcome = await landing.confirmed(asked, session({ id: "session-2" }));
  assert.ok(outcome.kind === "go");
  const runId = new URL(outcome.to, "https://id.example.org").searchParams.get("run") ?? "";
  const run = await landing.runs.get(runId);
  assert.ok(run !== undefined);
  assert.equal(run.initiator, undefined);
  assert.equal(await landing.sessions.exists("session-2"), false);
  assert.equal(await landing.sessions.exists("session-1"), true);
});
