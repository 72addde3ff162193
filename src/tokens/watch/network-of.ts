import { isIP } from "node:net";
import { normalAddress } from "../address-list.ts";

/**
 * The network that an address belongs to, as CIDR: `/24` for IPv4, `/48` for IPv6, which is about what one place gets from
 * its provider. One spelling for every spelling of the address. undefined: not an address.
 */
export function networkOf(address: string): string | undefined {
  const bare = normalAddress(address.replace(/%.*$/, ""));
  const version = isIP(bare);
  if (version === 4) return networkOfFour(bare);
  if (version !== 6) return undefined;
  const groups = groupsOf(bare);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return networkOfFour([groups[6], groups[7]].flatMap(twoBytes).join("."));
  const [first = 0, second = 0, third = 0] = groups;
  return `${hex(first)}:${hex(second)}:${hex(third)}::/48`;
}

function networkOfFour(address: string): string {
  return `${address.slice(0, address.lastIndexOf("."))}.0/24`;
}

/** The eight groups of an IPv6 address that `isIP` has taken. */
function groupsOf(address: string): readonly number[] {
  const [left = "", right] = address.split("::");
  const before = numbersOf(left);
  if (right === undefined) return before;
  const after = numbersOf(right);
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}

function numbersOf(part: string): readonly number[] {
  if (part === "") return [];
  return part.split(":").flatMap((group) => {
    if (!group.includes(".")) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

function twoBytes(group: number | undefined): readonly number[] {
  const value = group ?? 0;
  return [value >> 8, value & 0xff];
}

function hex(group: number): string {
  return group.toString(16);
}
