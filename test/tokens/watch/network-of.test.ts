import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { networkOf } from "../../../src/tokens/watch/network-of.ts";

describe("the network of an address", () => {
  const rows: readonly (readonly [address: string, network: string | undefined])[] = [
    ["192.0.2.77", "192.0.2.0/24"],
    ["255.255.255.255", "255.255.255.0/24"],
    ["::ffff:192.0.2.77", "192.0.2.0/24"],
    ["::FFFF:192.0.2.77", "192.0.2.0/24"],
    ["::ffff:c000:24d", "192.0.2.0/24"],
    ["2001:db8:1:2::5", "2001:db8:1::/48"],
    ["2001:0DB8:0001:ffff:1:2:3:4", "2001:db8:1::/48"],
    ["2001:db8::", "2001:db8:0::/48"],
    ["::1", "0:0:0::/48"],
    ["64:ff9b::192.0.2.1", "64:ff9b:0::/48"],
    ["fe80::1%eth0", "fe80:0:0::/48"],
    ["", undefined],
    ["unknown", undefined],
    ["192.0.2", undefined],
    ["192.0.2.300", undefined],
    ["0xc0.0.2.1", undefined],
    ["1:2:3", undefined],
    ["x".repeat(70_000), undefined],
  ];
  for (const [address, network] of rows) {
    it(`${address.slice(0, 40) || "nothing"} is ${network ?? "in none"}`, () => {
      assert.equal(networkOf(address), network);
    });
  }
});
