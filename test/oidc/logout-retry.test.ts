import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { decodeJwt } from "jose";
import { locationOf, type RelyingParty, SiteBrowser, startLogoutSite } from "../fixtures/oidc/logout-site.ts";
import { openProtocols } from "../../src/protocols.ts";

const site = await startLogoutSite();
after(async () => await site.close());

/** A logout of a session that `party`'s client is in; its receipt's id. */
async function logOut(party: RelyingParty): Promise<string> {
  const client = await site.register({ backchannelLogoutUri: `${party.base}/logout` });
  const browser = new SiteBrowser(site);
  await browser.logIn();
  const answer = await browser.logOut({ id_token_hint: await browser.signOn(client) });
  return new URL(locationOf(answer)).searchParams.get("id") ?? "";
}

async function outcomeOf(receiptId: string): Promise<string | undefined> {
  return (await site.parts.stores.durable.receipts.get(receiptId))?.entries[0]?.outcome;
}

/** What a server that was started anew on the same stores does. */
async function runDueAfterRestart(): Promise<void> {
  site.clock.advance(60_000);
  await openProtocols(site.parts).deliveries.runDue();
}

function jtis(party: RelyingParty): unknown[] {
  return party.received.map(
    ({ body }) => decodeJwt(new URLSearchParams(body).get("logout_token") ?? "")["jti"],
  );
}

describe("a back-channel logout", () => {
  for (const status of [500, 503, 429]) {
    test(`that was answered with ${status} is sent again with another jti, and its success is in the receipt`, async () => {
      const party = await site.relyingParty();
      party.status = status;
      const receiptId = await logOut(party);
      assert.equal(await outcomeOf(receiptId), "refused");
      party.status = 200;
      await runDueAfterRestart();
      assert.equal(await outcomeOf(receiptId), "signed-out");
      const [first, again] = jtis(party);
      assert.equal(party.received.length, 2);
      assert.notEqual(first, again);
    });
  }

  for (const status of [400, 404, 501]) {
    test(`that was answered with ${status} is not sent again`, async () => {
      const party = await site.relyingParty();
      party.status = status;
      await logOut(party);
      party.status = 200;
      await runDueAfterRestart();
      assert.equal(party.received.length, 1);
    });
  }
});
