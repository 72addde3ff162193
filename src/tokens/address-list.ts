import { BlockList, isIP } from "node:net";

/** A list of addresses that cannot be used as it stands; the message names the entry. */
export class AddressListError extends Error {
  readonly entry: string;

  constructor(entry: string, why: string) {
    super(`${entry}: ${why}`);
    this.name = "AddressListError";
    this.entry = entry;
  }
}

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const LIST_LIMIT = 100;

/** IPv4 addresses that arrive mapped into IPv6 (`::ffff:10.0.0.1`) are IPv4 addresses. */
export function normalAddress(address: string): string {
  return MAPPED.exec(address)?.[1] ?? address;
}

/**
 * Where a token may be used from: addresses and CIDR ranges, IPv4 and IPv6. An empty list is no list: everywhere.
 * A range of length zero is refused because it says "everywhere" while it looks like a limit.
 */
export class AddressList {
  readonly entries: readonly string[];
  readonly #ranges = new BlockList();

  private constructor(entries: readonly string[]) {
    this.entries = entries;
    for (const entry of entries) this.#add(entry);
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
    return version !== 0 && this.#ranges.check(normal, version === 4 ? "ipv4" : "ipv6");
  }

  #add(entry: string): void {
    const [text = "", length, ...more] = entry.split("/");
    const address = normalAddress(text);
    const version = isIP(address);
    // isIP takes no octal, hexadecimal or shortened form, which two parsers could read as two addresses. A zone
    // (`%eth0`) names a network of this machine and says nothing about the caller.
    if (version === 0 || more.length > 0 || text.includes("%"))
      throw new AddressListError(entry, "is not an IP address or a CIDR range");
    if (address !== text && length !== undefined) {
      throw new AddressListError(entry, "write an IPv4 range as IPv4, not mapped into IPv6");
    }
    const family = version === 4 ? "ipv4" : "ipv6";
    if (length === undefined) {
      this.#ranges.addAddress(address, family);
      return;
    }
    const bits = Number(length);
    if (!/^\d{1,3}$/.test(length) || bits > (version === 4 ? 32 : 128)) {
      throw new AddressListError(entry, "has a prefix length that does not exist");
    }
    if (bits === 0) throw new AddressListError(entry, "means every address: leave the list empty instead");
    this.#ranges.addSubnet(address, bits, family);
  }
}
