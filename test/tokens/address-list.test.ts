import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { AddressList, AddressListError } from "../../src/tokens/address-list.ts";

describe("AddressList", () => {
  test("an empty list allows everywhere", () => {
    assert.equal(AddressList.read([]).allows("203.0.113.7"), true);
  });

  const rows: readonly [readonly string[], string, boolean][] = [
    [["203.0.113.7"], "203.0.113.7", true],
    [["203.0.113.7"], "203.0.113.8", false],
    [["203.0.113.0/24"], "203.0.113.0", true],
    [["203.0.113.0/24"], "203.0.113.255", true],
    [["203.0.113.0/24"], "203.0.114.0", false],
    [["203.0.112.0/24"], "203.0.113.0", false],
    [["203.0.113.0/24"], "::ffff:203.0.113.9", true],
    [["::ffff:203.0.113.9"], "203.0.113.9", true],
    [["2001:db8::/32"], "2001:db8:ffff::1", true],
    [["2001:db8::/32"], "2001:db9::1", false],
    [["2001:db8:0:1::/64"], "2001:db8:0:1:ffff:ffff:ffff:ffff", true],
    [["2001:db8:0:1::/64"], "2001:db8:0:2::", false],
    [["2001:DB8::1"], "2001:db8:0:0:0:0:0:1", true],
    [["10.0.0.0/8", "10.1.0.0/16"], "10.1.2.3", true],
    [["10.0.0.0/8", "192.0.2.1"], "192.0.2.1", true],
    [["10.0.0.0/8"], "not an address", false],
    [["10.0.0.0/8"], "10.0.0.1:443", false],
    [["10.0.0.0/8"], "0x0a000001", false],
    [["10.0.0.0/8"], "167772161", false],
    [["10.0.0.0/8"], "012.0.0.1", false],
    [["10.0.0.0/8"], "", false],
  ];
  for (const [list, address, allowed] of rows) {
    test(`${list.join(" ")} ${allowed ? "allows" : "does not allow"} ${address || "nothing"}`, () => {
      assert.equal(AddressList.read(list).allows(address), allowed);
    });
  }

  const refused = [
    "0.0.0.0/0",
    "::/0",
    "10.0.0.0/33",
    "2001:db8::/129",
    "10.0.0.0/",
    "10.0.0.0/-1",
    "10.0.0.0/8/8",
    "10.0.0",
    "0x7f.1",
    "2130706433",
    "017700000001",
    "127.1",
    "example.org",
    "",
    "10.0.0.0/8 ,",
    "fe80::1%eth0/64",
    "::ffff:10.0.0.0/104",
  ];
  for (const entry of refused) {
    test(`"${entry}" is refused by name`, () => {
      assert.throws(
        () => AddressList.read([entry]),
        (error: unknown) => error instanceof AddressListError && error.entry === entry.trim(),
      );
    });
  }

  test("more than 100 entries are refused", () => {
    assert.throws(
      () => AddressList.read(Array.from({ length: 101 }, (_, index) => `10.0.0.${index}`)),
      AddressListError,
    );
  });
});
