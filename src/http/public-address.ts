import { BlockList, isIP } from "node:net";

/** Special-use IPv4 (RFC 6890 and what was assigned since): this network, private, shared, loopback, link-local with
 * the clouds' metadata services, protocol assignments, documentation, 6to4 relays, benchmarks, multicast, reserved. */
const SPECIAL_IPV4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
];

/** Of IPv6 only 2000::/3 is handed out to networks; that leaves out ::, ::1, mapped, 64:ff9b, fc00, fe80 and ff00. */
const GLOBAL_IPV6 = "2000::/3";
/** Within it: protocol assignments with Teredo, documentation, and 6to4, which holds an IPv4 address. */
const SPECIAL_IPV6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];

/** Tells addresses of the public internet from all others. */
export class PublicAddresses {
  readonly #special = new BlockList();
  readonly #global = new BlockList();

  constructor() {
    for (const range of SPECIAL_IPV4) add(this.#special, range, "ipv4");
    for (const range of SPECIAL_IPV6) add(this.#special, range, "ipv6");
    add(this.#global, GLOBAL_IPV6, "ipv6");
  }

  /** False for what is not an IP address, and for one with a zone. */
  has(address: string): boolean {
    switch (address.includes("%") ? 0 : isIP(address)) {
      case 4:
        return !this.#special.check(address, "ipv4");
      case 6:
        return this.#global.check(address, "ipv6") && !this.#special.check(address, "ipv6");
      default:
        return false;
    }
  }
}

function add(list: BlockList, range: string, family: "ipv4" | "ipv6"): void {
  const [address = "", bits] = range.split("/");
  list.addSubnet(address, Number(bits), family);
}
