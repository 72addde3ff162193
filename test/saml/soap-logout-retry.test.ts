import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { after, beforeEach, describe, test } from "node:test";
import { openProtocols } from "../../src/protocols.ts";
import { BINDING, NAME_ID } from "../../src/saml/namespaces.ts";
import {
  logoutResponse,
  type ServiceProvider,
  serviceProvider,
  status,
} from "../attack/saml/service-provider.ts";
import { locationOf, SiteBrowser, startLogoutSite, formOf } from "../fixtures/oidc/logout-site.ts";
import { attributeOf } from "./answers.ts";
import { envelope } from "./soap-messages.ts";

const site = await startLogoutSite();
const servers: Server[] = [];
after(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await site.close();
});

/** The application's server: away, broken, or answering as it should. */
let mode: "cut off" | number = 200;
let asked: string[] = [];
let count = 0;

beforeEach(() => {
  mode = 200;
  asked = [];
});

/** A registered service provider whose SOAP endpoint is a real server of this test. */
async function soapApplication(): Promise<ServiceProvider> {
  count += 1;
  const name = `mail-${count}`;
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      asked.push(attributeOf(body, "ID") ?? "");
      if (mode === "cut off") {
        request.socket.destroy();
        return;
      }
      const attributes = { InResponseTo: attributeOf(body, "ID") };
      const answer = logoutResponse(sp, "_answer", { attributes, body: status("Success") });
      response.writeHead(mode, { "Content-Type": "text/xml" }).end(envelope(answer));
    });
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const location = `http://127.0.0.1:${address.port}/soap`;
  const sp = serviceProvider(name, { singleLogoutServices: [{ binding: BINDING.soap, location }] });
  await site.parts.stores.durable.applications.insert(sp.application);
  await site.parts.applications.reload();
  return sp;
}

/** Alice logs in, is signed on to the application, and logs out at our own page; the receipt's id. */
async function logOutOf({ application }: ServiceProvider): Promise<string> {
  const browser = new SiteBrowser(site);
  await browser.logIn();
  const account = await site.parts.stores.durable.accounts.findByLoginName("alice");
  assert.ok(account);
  const [session] = await site.parts.sessions.listByAccount(account.id);
  assert.ok(session);
  await site.parts.participants.record(session.id, account.id, {
    applicationId: application.id,
    protocol: "saml",
    subject: "alice@example.org",
    sessionIndex: "_index",
    lastSignOnMs: site.clock.nowMs(),
    wire: { format: NAME_ID.persistent },
  });
  const answer = await browser.post("/logout", await formOf(await browser.get("/logout")));
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

describe("a SAML logout by SOAP", () => {
  for (const [trouble, first] of [
    ["cut off", "unreachable"],
    [500, "refused"],
    [503, "refused"],
  ] as const) {
    test(`to an endpoint that was away for a moment (${trouble}) is sent again after a restart, under an ID of its own`, async () => {
      const sp = await soapApplication();
      mode = trouble;
      const receiptId = await logOutOf(sp);
      assert.equal(await outcomeOf(receiptId), first);
      mode = 200;
      await runDueAfterRestart();
      assert.equal(await outcomeOf(receiptId), "signed-out");
      assert.equal(new Set(asked).size, 2);
      await runDueAfterRestart();
      assert.equal(asked.length, 2, "and not a third time");
    });
  }

  test("that was answered with 404 is not sent again", async () => {
    const sp = await soapApplication();
    mode = 404;
    const receiptId = await logOutOf(sp);
    mode = 200;
    await runDueAfterRestart();
    assert.equal(await outcomeOf(receiptId), "refused");
    assert.equal(asked.length, 1);
  });
});
