/** A range of addresses of one family: the first `bits` bits count. */
export interface AddressRange {
  /** As http/address.ts spells it. */
  readonly address: string;
  readonly bits: number;
}

/** Whether ranges of one family, whose addresses are `length` bits long (32 or 128), are every address together. */
export function coversEverything(length: 32 | 128, ranges: readonly AddressRange[]): boolean {
  const spans = ranges
    .map(({ address, bits }) => spanOf(length, address, bits))
    .toSorted((a, b) => (a.from < b.from ? -1 : 1));
  let next = 0n;
  for (const { from, to } of spans) {
    if (from > next) return false;
    if (to >= next) next = to + 1n;
  }
  return next === 1n << BigInt(length);
}

function spanOf(
  length: 32 | 128,
  address: string,
  bits: number,
): { readonly from: bigint; readonly to: bigint } {
  const free = BigInt(length - bits);
  const from = (numberOf(length, address) >> free) << free;
  return { from, to: from + (1n << free) - 1n };
}

function numberOf(length: 32 | 128, address: string): bigint {
  if (length === 32) return joined(address.split("."), 10, 8n);
  const [left = "", right] = address.split("::");
  const before = left === "" ? [] : left.split(":");
  const after = right === undefined || right === "" ? [] : right.split(":");
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return joined([...before, ...zeros, ...after], 16, 16n);
}

function joined(groups: readonly string[], radix: 10 | 16, width: bigint): bigint {
  return groups.reduce((value, group) => (value << width) + BigInt(Number.parseInt(group, radix)), 0n);
}
