import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigError, readConfig } from "../../src/config.ts";
import { isWithinDomain } from "../../src/platform/cookie-domain.ts";

const base = { GATEHOUSE_SECRET: "0123456789abcdef0123456789abcdef" };
const issuer = "https://id.shop.example.org/sso";

describe("the domain of SSO tokens", () => {
  test("nothing is set: there are none", () => {
    for (const text of [undefined, ""]) {
      const config = readConfig({ ...base, GATEHOUSE_ISSUER: issuer, GATEHOUSE_SSO_DOMAIN: text });
      assert.equal(config.ssoDomain, undefined);
    }
  });

  test("every domain that contains the issuer's host is taken, the host itself among them", () => {
    for (const domain of ["example.org", "shop.example.org", "id.shop.example.org"]) {
      const config = readConfig({ ...base, GATEHOUSE_ISSUER: issuer, GATEHOUSE_SSO_DOMAIN: domain });
      assert.equal(config.ssoDomain, domain);
    }
  });

  const refused: readonly (readonly [what: string, domain: string, message: RegExp, issuer?: string])[] = [
    ["another domain", "example.net", /must contain the host/],
    ["a domain that only ends alike", "ample.org", /must contain the host/],
    ["a domain below the issuer's host", "a.id.shop.example.org", /must contain the host/],
    ["one name", "org", /two names at least/],
    ["a loopback name", "localhost", /two names at least/, "http://localhost:4000"],
    ["a dot before it", ".example.org", /without a dot/],
    ["a dot behind it", "example.org.", /without a dot/],
    ["capitals", "Example.org", /lower case/],
    ["an address of the web", "https://example.org", /lower case/],
    ["a port", "example.org:443", /lower case/],
    ["a star", "*.example.org", /lower case/],
    ["a header's end", "example.org; Secure", /lower case/],
    ["an IPv4 address", "192.0.2.7", /not an address/, "https://192.0.2.7"],
    ["an IPv6 address", "[2001:db8::1]", /two names/, "https://[2001:db8::1]"],
    ["a suffix of a country", "co.uk", /anybody can register/, "https://id.co.uk"],
    ["an issuer over http", "gate.localhost", /needs an https/, "http://gate.localhost:4000"],
  ];
  for (const [what, domain, message, at = issuer] of refused) {
    test(`${what} is refused with one line`, () => {
      assert.throws(
        () => readConfig({ ...base, GATEHOUSE_ISSUER: at, GATEHOUSE_SSO_DOMAIN: domain }),
        (error: unknown) => {
          assert.ok(error instanceof ConfigError);
          assert.match(error.message, /^GATEHOUSE_SSO_DOMAIN .*$/);
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }

  test("a host belongs to a domain by whole names alone", () => {
    assert.equal(isWithinDomain("wiki.example.org", "example.org"), true);
    assert.equal(isWithinDomain("example.org", "example.org"), true);
    assert.equal(isWithinDomain("evilexample.org", "example.org"), false);
    assert.equal(isWithinDomain("example.org.evil.test", "example.org"), false);
  });
});
