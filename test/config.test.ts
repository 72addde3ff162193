import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigError, isLoopback, readConfig } from "../src/config.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const base = { GATEHOUSE_SECRET: SECRET };

describe("readConfig", () => {
  test("the defaults are a local server on embedded stores", () => {
    const config = readConfig(base);
    assert.equal(config.port, 4000);
    assert.equal(config.issuer, "http://localhost:4000");
    assert.equal(config.databaseUrl, "sqlite:data/gatehouse.db");
    assert.equal(config.volatilePath, "data/gatehouse-volatile.db");
    assert.equal(config.redisUrl, undefined);
    assert.equal(config.metricsToken, undefined);
    assert.equal(config.allowPrivateAddresses, true);
    assert.ok(Object.isFrozen(config));
  });

  test("a public issuer does not let requests go out to private addresses", () => {
    assert.equal(
      readConfig({ ...base, GATEHOUSE_ISSUER: "https://id.example.org" }).allowPrivateAddresses,
      false,
    );
  });

  test("a trailing slash of the issuer is cut off, a path stays", () => {
    assert.equal(
      readConfig({ ...base, GATEHOUSE_ISSUER: "https://example.org/id/" }).issuer,
      "https://example.org/id",
    );
  });

  test("several secrets are for a rotation, the newest first", () => {
    const other = "fedcba9876543210fedcba9876543210";
    assert.deepEqual(readConfig({ GATEHOUSE_SECRET: `${other} ${SECRET}` }).secrets, [other, SECRET]);
  });

  const refused: Record<string, [Record<string, string>, RegExp]> = {
    "no secret": [{ GATEHOUSE_SECRET: "" }, /GATEHOUSE_SECRET is missing/],
    "a short secret": [{ GATEHOUSE_SECRET: "short" }, /32 characters/],
    "a secret file that is not there": [
      { GATEHOUSE_SECRET_FILE: "/nowhere/secret" },
      /cannot read \/nowhere\/secret/,
    ],
    "an issuer over http that is not loopback": [
      { GATEHOUSE_ISSUER: "http://id.example.org" },
      /must be https/,
    ],
    "an issuer whose name only begins like localhost": [
      { GATEHOUSE_ISSUER: "http://localhost.evil.test" },
      /must be https/,
    ],
    "an issuer with a query": [{ GATEHOUSE_ISSUER: "https://id.example.org/?a=b" }, /no query/],
    "an issuer with a user name": [{ GATEHOUSE_ISSUER: "https://a@id.example.org/" }, /user name/],
    "an issuer that is no address": [{ GATEHOUSE_ISSUER: "id.example.org" }, /not an address/],
    "a port out of range": [{ PORT: "70000" }, /PORT must be/],
    "a port that is no number": [{ PORT: "4000x" }, /PORT must be/],
    "an unknown database": [{ DATABASE_URL: "mysql://localhost/x" }, /DATABASE_URL/],
    "half of a TLS pair": [{ GATEHOUSE_TLS_CERT: "cert.pem" }, /belong together/],
    "a token for the metrics that can be guessed": [{ GATEHOUSE_METRICS_TOKEN: "short" }, /16 characters/],
    "a token for the metrics that no header carries": [
      { GATEHOUSE_METRICS_TOKEN: "sixteen characters or more" },
      /white space/,
    ],
    "no workers": [{ WORKERS: "0" }, /WORKERS/],
    "a flag that is neither": [{ GATEHOUSE_ALLOW_PRIVATE_ADDRESSES: "maybe" }, /true or false/],
  };
  for (const [name, [environment, message]] of Object.entries(refused)) {
    test(`${name} is refused with one line`, () => {
      assert.throws(
        () => readConfig({ ...base, ...environment }),
        (error: unknown) => {
          assert.ok(error instanceof ConfigError);
          assert.match(error.message, message);
          assert.doesNotMatch(error.message, /\n/);
          return true;
        },
      );
    });
  }

  test("loopback is an address, not a spelling", () => {
    for (const yes of [
      "http://localhost",
      "http://127.0.0.1:1",
      "http://127.9.9.9",
      "http://[::1]:80",
      "http://a.localhost",
    ]) {
      assert.equal(isLoopback(yes), true, yes);
    }
    for (const no of [
      "http://localhost.evil.test",
      "http://127.0.0.1.nip.io",
      "http://10.0.0.1",
      "http://[::2]",
    ]) {
      assert.equal(isLoopback(no), false, no);
    }
  });
});
