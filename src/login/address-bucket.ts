import { isIPv6 } from "node:net";

/**
 * What counts as one address for limits. An IPv6 customer is given at least a /64 and could use a new address for every
 * try, so all of a /64 are one. `address` is in the one spelling of http/address.ts.
 */
export function addressBucket(address: string): string {
  if (!isIPv6(address)) return address;
  const [left = "", right] = address.split("::");
  const before = left === "" ? [] : left.split(":");
  const after = right === undefined || right === "" ? [] : right.split(":");
  const zeros = right === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array.from({ length: Math.max(0, zeros) }, () => "0"), ...after];
  return `${groups.slice(0, 4).join(":")}::/64`;
}
