import type { TokenUseSeen } from "../../../src/model/token-use.ts";
import type { Seeded } from "./seeded.ts";

/** Some like uses of one token, somewhere within five minutes. */
export interface Traffic {
  readonly atMs: number;
  readonly address: string;
  readonly count: number;
  readonly outcome?: TokenUseSeen["outcome"];
  readonly missing?: readonly string[];
  readonly resource?: string;
}

/** How one token is used: its traffic on a day, whose first instant is `dayMs`. `n` counts the days from 0. */
export type Habit = (dayMs: number, n: number) => readonly Traffic[];

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function isWeekend(dayMs: number): boolean {
  return [0, 6].includes(new Date(dayMs).getUTCDay());
}

/** A person in an office; some of them go on at home in the evening. */
function office(random: Seeded): Habit {
  const [here, home] = [random.strangeNetwork(), random.strangeNetwork()];
  const worksAtHome = random.chance(0.5);
  return (dayMs) => {
    if (isWeekend(dayMs)) return [];
    const day = Array.from({ length: random.int(5, 20) }, () => ({
      atMs: dayMs + random.int(8 * HOUR, 18 * HOUR),
      address: `${here}.${random.int(1, 5)}`,
      count: random.int(1, 12),
    }));
    const evening = { atMs: dayMs + 20 * HOUR, address: `${home}.7`, count: random.int(1, 9) };
    return worksAtHome && random.chance(0.6) ? [...day, evening] : day;
  };
}

/** Builds in bursts, from one data centre or from a farm of rented machines that is a little different every day. */
function ci(random: Seeded): Habit {
  const pool = Array.from({ length: random.chance(0.5) ? 3 : 14 }, () => random.strangeNetwork());
  return (dayMs) =>
    Array.from({ length: isWeekend(dayMs) ? random.int(1, 4) : random.int(8, 40) }, () => {
      const atMs = dayMs + random.int(6 * HOUR, 22 * HOUR);
      return Array.from({ length: random.int(1, 4) }, () => ({
        atMs,
        address: `${pool[random.int(0, pool.length - 1)] ?? ""}.${random.int(1, 250)}`,
        count: random.int(5, 30),
      }));
    }).flat();
}

/** Home and office, and every ten days or so a journey of some days with a network or three a day. */
function traveller(random: Seeded): Habit {
  const [here, home] = [random.strangeNetwork(), random.strangeNetwork()];
  let away = 0;
  return (dayMs) => {
    if (away === 0 && random.chance(0.08)) away = random.int(2, 4);
    const networks =
      away > 0 ? Array.from({ length: random.int(1, 3) }, () => random.strangeNetwork()) : [here, home];
    away = Math.max(0, away - 1);
    return networks.flatMap((network, part) =>
      Array.from({ length: random.int(2, 8) }, () => ({
        atMs: dayMs + random.int((7 + part * 5) * HOUR, (11 + part * 5) * HOUR),
        address: `${network}.20`,
        count: random.int(1, 10),
      })),
    );
  };
}

/** A telephone: the carrier gives it another address every half hour or so. */
function mobile(random: Seeded): Habit {
  const carrier = Array.from({ length: 40 }, () => random.strangeNetwork());
  return (dayMs) =>
    Array.from({ length: random.int(8, 24) }, (_, part) => ({
      atMs: dayMs + 6 * HOUR + part * 40 * MINUTE + random.int(0, 30 * MINUTE),
      address: `${carrier[random.int(0, carrier.length - 1)] ?? ""}.${random.int(1, 250)}`,
      count: random.int(1, 15),
    }));
}

/** Every night at two; at the end of a month there is more to do. */
function nightly(random: Seeded): Habit {
  const here = random.strangeNetwork();
  const usual = random.int(300, 3_000);
  return (dayMs) => {
    const isMonthEnd = new Date(dayMs + 24 * HOUR).getUTCDate() === 1;
    const uses = Math.round(usual * (isMonthEnd ? 2.5 : 1) * (0.8 + random.next() * 0.4));
    return Array.from({ length: 4 }, (_, part) => ({
      atMs: dayMs + 2 * HOUR + part * 5 * MINUTE,
      address: `${here}.9`,
      count: Math.ceil(uses / 4),
    }));
  };
}

/** Hardly ever used: a script that somebody runs twice a month. */
function idle(random: Seeded): Habit {
  const here = random.strangeNetwork();
  const every = random.int(9, 16);
  return (dayMs, n) =>
    n % every === 0 ? [{ atMs: dayMs + 9 * HOUR, address: `${here}.3`, count: random.int(3, 20) }] : [];
}

/** Looks every minute, day and night. */
function poller(random: Seeded): Habit {
  const here = random.strangeNetwork();
  return (dayMs) =>
    Array.from({ length: 48 }, (_, part) => ({
      atMs: dayMs + part * 30 * MINUTE,
      address: `${here}.77`,
      count: 30,
    }));
}

/** The server behind an application that grows by the week and sleeps at weekends, on two addresses. */
function growing(random: Seeded): Habit {
  const networks = [random.strangeNetwork(), random.strangeNetwork()];
  return (dayMs, n) => {
    const uses = 400 * 1.03 ** n * (isWeekend(dayMs) ? 0.4 : 1);
    return Array.from({ length: 24 }, (_, hour) => ({
      atMs: dayMs + hour * HOUR,
      address: `${networks[hour % 2] ?? ""}.8`,
      count: Math.max(1, Math.round((uses / 24) * (0.5 + random.next()))),
    }));
  };
}

/** Moves to another data centre for good, once. */
function moving(random: Seeded): Habit {
  const [before, after] = [random.strangeNetwork(), random.strangeNetwork()];
  const moves = random.int(8, 24);
  return (dayMs, n) =>
    Array.from({ length: 24 }, (_, hour) => ({
      atMs: dayMs + hour * HOUR,
      address: `${n < moves ? before : after}.8`,
      count: random.int(5, 40),
    }));
}

/** A job that nobody told that its token has ended: from the twelfth day on it is refused every hour. */
function forgotten(random: Seeded): Habit {
  const here = random.strangeNetwork();
  return (dayMs, n) =>
    Array.from({ length: 24 }, (_, hour) => ({
      atMs: dayMs + hour * HOUR,
      address: `${here}.5`,
      count: 1,
      outcome: n < 12 ? "ok" : "expired",
    }));
}

/** An application that was set up wrongly: now and then it asks for two scopes that its token lacks. */
function misconfigured(random: Seeded): Habit {
  const here = random.strangeNetwork();
  return (dayMs, n) =>
    Array.from({ length: 12 }, (_, part) => {
      const atMs = dayMs + (8 * 60 + part * 50) * MINUTE;
      const good = { atMs, address: `${here}.6`, count: random.int(1, 20) };
      const missing = [part % 2 === 0 ? "files:write" : "files:share"];
      const refused = { ...good, count: 2, outcome: "scope", missing } as const;
      return n % 3 === 0 ? [good, refused] : [good];
    }).flat();
}

/** Honest use, by the name that the table has for it, and how many tokens are used like that. */
export const HABITS: readonly (readonly [name: string, tokens: number, make: (random: Seeded) => Habit])[] = [
  ["a person in an office", 12, office],
  ["a build server in bursts", 10, ci],
  ["a laptop that travels", 8, traveller],
  ["a telephone with changing addresses", 8, mobile],
  ["a nightly batch, larger at month's end", 8, nightly],
  ["a script that runs twice a month", 8, idle],
  ["a monitor that looks every minute", 4, poller],
  ["an application that grows", 4, growing],
  ["a service that moves once", 4, moving],
  ["a job that goes on with an expired token", 4, forgotten],
  ["an application that asks for too much", 4, misconfigured],
];
