import assert from "node:assert/strict";
import { Socket } from "node:net";
import { describe, test } from "node:test";
import type { Request } from "express";
import { AddressError, addressReader, normalised } from "../../src/http/address.ts";

function request(peer: string, forwarded?: string): Pick<Request, "headers" | "socket"> {
  const socket = Object.defineProperty(new Socket(), "remoteAddress", { value: peer });
  return { socket, headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded } };
}

const PROXIES = ["10.0.0.0/8", "192.0.2.1", "2001:db8:ff::/48"];

describe("WB-32 the client's address", () => {
  const cases: [
    name: string,
    trusted: readonly string[],
    peer: string,
    header: string | undefined,
    expected: string,
  ][] = [
    ["without trusted proxies the header is ignored", [], "198.51.100.9", "203.0.113.5", "198.51.100.9"],
    ["from an untrusted peer the header is ignored", PROXIES, "198.51.100.9", "203.0.113.5", "198.51.100.9"],
    ["from a trusted peer the header's address is taken", PROXIES, "10.1.2.3", "203.0.113.5", "203.0.113.5"],
    [
      "the rightmost untrusted hop wins over what the client wrote",
      PROXIES,
      "10.1.2.3",
      "127.0.0.1, 203.0.113.5",
      "203.0.113.5",
    ],
    [
      "trusted hops in between are skipped",
      PROXIES,
      "10.1.2.3",
      "203.0.113.5, 192.0.2.1, 10.9.9.9",
      "203.0.113.5",
    ],
    [
      "a chain of nothing but trusted hops gives the leftmost",
      PROXIES,
      "10.1.2.3",
      "10.7.7.7, 192.0.2.1",
      "10.7.7.7",
    ],
    [
      "a hop that is no address stops the walk",
      PROXIES,
      "10.1.2.3",
      "203.0.113.5, unknown, 10.2.2.2",
      "10.2.2.2",
    ],
    ["an empty header gives the peer", PROXIES, "10.1.2.3", "", "10.1.2.3"],
    ["an absent header gives the peer", PROXIES, "10.1.2.3", undefined, "10.1.2.3"],
    ["a port is cut off", PROXIES, "10.1.2.3", "203.0.113.5:4711", "203.0.113.5"],
    [
      "a bracketed IPv6 address with a port is read",
      PROXIES,
      "10.1.2.3",
      "[2001:db8::5]:4711",
      "2001:db8::5",
    ],
    [
      "a mapped IPv4 peer is trusted as the IPv4 address",
      PROXIES,
      "::ffff:10.1.2.3",
      "203.0.113.5",
      "203.0.113.5",
    ],
    ["a mapped IPv4 hop is written as IPv4", PROXIES, "10.1.2.3", "::ffff:203.0.113.5", "203.0.113.5"],
    ["an IPv6 proxy range is matched", PROXIES, "2001:db8:ff:1::2", "203.0.113.5", "203.0.113.5"],
    ["an octal spelling is no address", PROXIES, "10.1.2.3", "0127.0.0.1", "10.1.2.3"],
    ["a number is no address", PROXIES, "10.1.2.3", "2130706433", "10.1.2.3"],
    [
      "of a hundred hops only the last are walked",
      PROXIES,
      "10.1.2.3",
      `203.0.113.5${", 10.2.2.2".repeat(100)}`,
      "10.2.2.2",
    ],
  ];
  for (const [name, trusted, peer, header, expected] of cases) {
    test(name, () => {
      assert.equal(addressReader(trusted)(request(peer, header)), expected);
    });
  }
});

describe("one spelling for each address", () => {
  const spellings: [text: string, expected: string | undefined][] = [
    ["2001:DB8:0:0::5", "2001:db8::5"],
    ["::FFFF:10.0.0.1", "10.0.0.1"],
    ["::ffff:a00:1", "10.0.0.1"],
    ["fe80::1%eth0", "fe80::1"],
    ["10.0.0.01", undefined],
    ["10.0.0.1/8", undefined],
    ["", undefined],
  ];
  for (const [text, expected] of spellings) {
    test(`${text === "" ? "an empty text" : text} becomes ${expected ?? "nothing"}`, () => {
      assert.equal(normalised(text), expected);
    });
  }
});

describe("trusted proxies that cannot be read are refused", () => {
  for (const entry of [
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0.0/8/8",
    "proxy.example.org",
    "2001:db8::/129",
    "10.0.0.0/ 8",
  ]) {
    test(entry, () => {
      assert.throws(() => addressReader([entry]), AddressError);
    });
  }
});
