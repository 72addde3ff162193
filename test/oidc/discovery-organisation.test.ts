import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { after, before, test } from "node:test";
import express from "express";
import { Settings } from "../../src/flow/settings.ts";
import type { Organisation } from "../../src/model/organisation.ts";
import { discoveryEndpoint } from "../../src/oidc/discovery-endpoint.ts";
import { JwtSigner } from "../../src/oidc/jwt-signer.ts";
import { jsonOf } from "../fixtures/oidc/client.ts";
import { keyRingOf } from "../fixtures/oidc/key-ring.ts";

const ISSUER = "https://id.example.org";
let organisation: Organisation = { language: "en", scopes: [], contacts: [] };
const settings = new Settings({
  all: async () => await Promise.resolve({ organisation: { value: organisation, updatedAtMs: 1 } }),
});
let server: Server;
let address: string;

before(async () => {
  const keyRing = keyRingOf("RSA-2048");
  const signer = new JwtSigner(keyRing);
  const app = express().use(
    discoveryEndpoint({ issuer: ISSUER, keyRing, signer, contexts: ["password"], settings }),
  );
  server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  assert.ok(bound !== null && typeof bound === "object");
  address = `http://127.0.0.1:${bound.port}/.well-known/openid-configuration`;
});

after(() => {
  server.close();
});

test("policy, terms and documentation are named where they are set, at once, and left out where not", async () => {
  const empty = await jsonOf(await fetch(address));
  for (const name of ["op_policy_uri", "op_tos_uri", "service_documentation"])
    assert.equal(name in empty, false);
  organisation = {
    ...organisation,
    privacyUrl: "https://example.org/privacy",
    termsUrl: "https://example.org/terms",
    documentationUrl: "https://example.org/help",
  };
  await settings.reload();
  const full = await jsonOf(await fetch(address));
  assert.equal(full["op_policy_uri"], "https://example.org/privacy");
  assert.equal(full["op_tos_uri"], "https://example.org/terms");
  assert.equal(full["service_documentation"], "https://example.org/help");
});
