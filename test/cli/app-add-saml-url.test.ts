import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { after, before, suite, test } from "node:test";
import { entityDescriptor } from "../admin/metadata.ts";
import { gatehouse, newInstallation } from "./run-command.ts";

const { environment } = newInstallation();

suite("app add-saml --url", () => {
  let server: Server;
  let url = "";
  before(async () => {
    server = createServer((_, response) => void response.end(entityDescriptor()));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    url = `http://127.0.0.1:${address.port}/metadata`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  test("does not reach into a private network", async () => {
    const run = await gatehouse(["app", "add-saml", "--url", url], { environment });
    assert.equal(run.status, 1);
    assert.match(run.stderr, /The address could not be fetched/);
  });

  test("registers what it finds there, and remembers the address", async () => {
    const open = { ...environment, GATEHOUSE_ALLOW_PRIVATE_ADDRESSES: "true" };
    const run = await gatehouse(["app", "add-saml", "--url", url], { environment: open });
    assert.equal(run.status, 0, run.stderr);
    assert.equal(run.json()["entityId"], "https://pay.example.org/sp");
    assert.match(JSON.stringify(run.json()["metadataSource"]), /127\.0\.0\.1/);
  });

  test("refuses a pin without an address, and a file beside an address", async () => {
    const pin = await gatehouse(["app", "add-saml", "x.xml", "--pin", "y.pem"], { environment });
    assert.equal(pin.status, 2);
    assert.equal((await gatehouse(["app", "add-saml", "x.xml", "--url", url], { environment })).status, 2);
  });
});
