import { BlockList, isIP } from "node:net";
import { normalised } from "../http/address.ts";
import { coversEverything } from "./address-range.ts";

/** A list of addresses that cannot be used as it stands; the message names the entry. */
export class AddressListError extends Error {
  readonly entry: string;

  constructor(entry: string, why: string) {
    super(`${entry}: ${why}`);
    this.name = "AddressListError";
    this.entry = entry;
  }
}

const LIST_LIMIT = 100;

/** IPv4 addresses that arrive mapped into IPv6 (`::ffff:10.0.0.1`, `::ffff:a00:1`) are IPv4 addresses. */
export function normalAddress(address: string): string {
  return normalised(address) ?? address;
}

/**
 * Where a token may be used from: addresses and CIDR ranges, IPv4 and IPv6. An empty list is no list: everywhere.
 * What says "everywhere" while it looks like a limit is refused: a range of length zero, and ranges that are every
 * address together.
 */
export class AddressList {
  readonly entries: readonly string[];
  /** Apart: an IPv6 range that reaches over the mapped addresses would let in IPv4 addresses that nobody named. */
  readonly #ranges = { ipv4: new BlockList(), ipv6: new BlockList() };

  private constructor(entries: readonly string[]) {
    this.entries = entries;
    const ranges = entries.map((entry) => this.#add(entry));
    for (const family of ["ipv4", "ipv6"] as const) {
      const own = ranges.filter((range) => range.family === family);
      if (coversEverything(family === "ipv4" ? 32 : 128, own)) {
        throw new AddressListError(
          entries.join(", "),
          "is every address together: leave the list empty instead",
        );
      }
    }
  }

  /** Throws `AddressListError` on the first entry that is not an address or a range. */
  static read(entries: readonly string[]): AddressList {
    if (entries.length > LIST_LIMIT)
      throw new AddressListError(`${entries.length} entries`, `at most ${LIST_LIMIT}`);
    return new AddressList(entries.map((entry) => entry.trim()));
  }

  /** True also for the empty list. An address that is none is in no list. */
  allows(address: string): boolean {
    if (this.entries.length === 0) return true;
    const normal = normalAddress(address);
    const version = isIP(normal);
    const family = version === 4 ? "ipv4" : "ipv6";
    return version !== 0 && this.#ranges[family].check(normal, family);
  }

  #add(entry: string) {
    const [text = "", length, ...more] = entry.split("/");
    const address = normalAddress(text);
    const version = isIP(address);
    // isIP takes no octal, hexadecimal or shortened form, which two parsers could read as two addresses. A zone
    // (`%eth0`) names a network of this machine and says nothing about the caller.
    if (version === 0 || more.length > 0 || text.includes("%"))
      throw new AddressListError(entry, "is not an IP address or a CIDR range");
    const family = version === 4 ? "ipv4" : "ipv6";
    const longest = version === 4 ? 32 : 128;
    if (length === undefined) {
      this.#ranges[family].addAddress(address, family);
      return { family, address, bits: longest } as const;
    }
    if (version === 4 && isIP(text) === 6) {
      throw new AddressListError(entry, "write an IPv4 range as IPv4, not mapped into IPv6");
    }
    const bits = Number(length);
    if (!/^\d{1,3}$/.test(length) || bits > longest) {
      throw new AddressListError(entry, "has a prefix length that does not exist");
    }
    if (bits === 0) throw new AddressListError(entry, "means every address: leave the list empty instead");
    this.#ranges[family].addSubnet(address, bits, family);
    return { family, address, bits } as const;
  }
}
