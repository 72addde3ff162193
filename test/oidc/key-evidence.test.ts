import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { KeyUse } from "../../src/model/key-use.ts";
import { type RelyingParty, SiteBrowser, startLogoutSite } from "../fixtures/oidc/logout-site.ts";

const site = await startLogoutSite();
after(async () => await site.close());

/** A login at a new client and the logout of it; the client's id. */
async function signOnAndOut(party: RelyingParty): Promise<string> {
  const client = await site.register({ backchannelLogoutUri: `${party.base}/logout` });
  const browser = new SiteBrowser(site);
  await browser.logIn();
  await browser.logOut({ id_token_hint: await browser.signOn(client) });
  return client.application.id;
}

async function useOf(applicationId: string): Promise<KeyUse | undefined> {
  await site.parts.keyUse.flush();
  return await site.parts.stores.durable.keyUses.get(applicationId);
}

describe("which of our keys a client uses", () => {
  test("an ID token is a signature that it was sent; a logout token that it took is one that it accepted", async () => {
    const party = await site.relyingParty();
    party.status = 200;
    const id = await signOnAndOut(party);
    const keyId = site.parts.keyRing.active("RSA-2048").id;
    const use = await useOf(id);
    assert.equal(use?.signed?.keyId, keyId);
    assert.deepEqual([use?.accepted?.keyId, use?.accepted?.how], [keyId, "logout-answered"]);
  });

  for (const status of [400, 501, 503]) {
    test(`a logout token that was answered with ${status} was not accepted`, async () => {
      const party = await site.relyingParty();
      party.status = status;
      const use = await useOf(await signOnAndOut(party));
      assert.ok(use?.signed !== undefined);
      assert.equal(use.accepted, undefined);
    });
  }

  test("a client that is only signed on to has accepted nothing that we could know of", async () => {
    const client = await site.register({});
    const browser = new SiteBrowser(site);
    await browser.logIn();
    await browser.signOn(client);
    const use = await useOf(client.application.id);
    assert.ok(use?.signed !== undefined);
    assert.equal(use.accepted, undefined);
  });
});
