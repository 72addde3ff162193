import type { TokenRule } from "../../../src/model/token-watch.ts";
import type { Seeded } from "./seeded.ts";
import type { Traffic } from "./traffic.ts";

/** Misuse of one token. `expected`: the rules that are made for it; none where nothing can tell it from honest use. */
export interface Attack {
  readonly name: string;
  readonly victims: number;
  readonly expected: readonly TokenRule[];
  /** What comes on the day of the attack; `own` is an address that the token is used from. */
  readonly traffic: (random: Seeded, dayMs: number, own: string) => readonly Traffic[];
  /** Reported as leaked instead of used. */
  readonly isReported?: true;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Uses in a row, five minutes apart. */
function spread(
  startMs: number,
  steps: number,
  make: (step: number) => Omit<Traffic, "atMs">,
): readonly Traffic[] {
  return Array.from({ length: steps }, (_, step) => ({ ...make(step), atMs: startMs + step * 5 * MINUTE }));
}

export const ATTACKS: readonly Attack[] = [
  {
    name: "theft, used from one other place",
    victims: 20,
    expected: ["new-network"],
    traffic: (random, dayMs) => {
      const thief = random.strangeNetwork();
      return spread(dayMs + random.int(0, 20) * HOUR, 20, () => ({
        address: `${thief}.66`,
        count: random.int(1, 10),
      }));
    },
  },
  {
    name: "theft, used through many proxies",
    victims: 20,
    expected: ["many-networks", "new-network"],
    traffic: (random, dayMs) => {
      const startMs = dayMs + random.int(0, 20) * HOUR;
      return spread(startMs, 6, () => ({ address: "", count: 0 })).flatMap(({ atMs }) =>
        Array.from({ length: random.int(8, 25) }, () => ({
          atMs,
          address: `${random.strangeNetwork()}.66`,
          count: random.int(1, 3),
        })),
      );
    },
  },
  {
    name: "everything copied within an hour, from its own machine",
    victims: 15,
    expected: ["rate-jump"],
    traffic: (random, dayMs, own) =>
      spread(dayMs + random.int(0, 22) * HOUR, 12, () => ({
        address: own,
        count: random.int(1_000, 3_000),
      })),
  },
  {
    name: "slow scraping from elsewhere",
    victims: 15,
    expected: ["new-network"],
    traffic: (random, dayMs) => {
      const thief = random.strangeNetwork();
      return spread(dayMs, 280, () => ({ address: `${thief}.66`, count: 2 }));
    },
  },
  {
    name: "slow scraping from its own machine",
    victims: 15,
    expected: [],
    traffic: (_random, dayMs, own) => spread(dayMs, 280, () => ({ address: own, count: 1 })),
  },
  {
    name: "probing of scopes",
    victims: 15,
    expected: ["scope-probing"],
    traffic: (random, dayMs, own) =>
      spread(dayMs + random.int(0, 20) * HOUR, random.int(6, 15), (step) => ({
        address: own,
        count: random.int(1, 3),
        outcome: "scope",
        missing: [`api:${step}`],
      })),
  },
  {
    name: "a stolen token that is revoked already",
    victims: 15,
    expected: ["dead-token"],
    traffic: (random, dayMs) => {
      const thief = random.strangeNetwork();
      return spread(dayMs + random.int(0, 20) * HOUR, 6, () => ({
        address: `${thief}.66`,
        count: random.int(2, 10),
        outcome: "revoked",
      }));
    },
  },
  {
    // All victims of this one are tried from one place, a few times each.
    name: "old tokens tried one after the other",
    victims: 15,
    expected: ["dead-token"],
    traffic: (_random, dayMs) => [
      { atMs: dayMs + 4 * HOUR, address: "203.0.113.9", count: 2, outcome: "expired" },
      { atMs: dayMs + 4 * HOUR + 20 * MINUTE, address: "203.0.113.9", count: 1, outcome: "expired" },
    ],
  },
  {
    name: "a leak that somebody reports",
    victims: 10,
    expected: ["leaked"],
    traffic: () => [],
    isReported: true,
  },
];
