import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import { DEMO_PASSWORD } from "./demo-installation.ts";
import { type LeakInstallation, PLANNER_API } from "./leak-installation.ts";
import { PersonBrowser } from "./person-browser.ts";
import { DemoError } from "./processes.ts";

/** Addresses that are kept for documentation (RFC 5737, RFC 3849). */
const OFFICE = "198.51.100.7";
const THIEF = "203.0.113.66";
const PROXIES = ["2001:db8:11::1", "2001:db8:22::1", "2001:db8:33::1", "2001:db8:44::1", "2001:db8:55::1"];
const DAY_MS = 86_400_000;
/** The watch looks at what was used once a second. */
const WATCH_LOOKS_MS = 1_500;
const NOTICED_WITHIN_MS = 20_000;
const SECRET = /gth_pat_[0-9A-Za-z]{49}/;

/** What Gatehouse answered to "is this token good?". Why not, it says to the API alone. */
const VerdictAnswer = z.object({ active: z.boolean(), refusal: z.string().optional() });
type Verdict = z.infer<typeof VerdictAnswer>;

/** One telling of the story. Each line is said after the answer that it tells of. */
export class LeakStory {
  readonly #gatehouse: LeakInstallation;
  readonly #say: (line: string) => void;
  readonly #alice: PersonBrowser;

  constructor(gatehouse: LeakInstallation, say: (line: string) => void) {
    this.#gatehouse = gatehouse;
    this.#say = say;
    this.#alice = new PersonBrowser(gatehouse.issuer, OFFICE);
  }

  /** From the making of the token to its new secret; the ids of the stolen token and of its successor. */
  async tell(): Promise<{ readonly stolen: string; readonly successor: string }> {
    const token = await this.#make();
    await this.#useAsUsual(token.secret);
    await this.#steal(token);
    await this.#readNotices();
    await this.#release(token);
    const successor = await this.#rotate(token);
    await this.#readTrail(token.id);
    return { stolen: token.id, successor };
  }

  async #make(): Promise<{ readonly id: string; readonly secret: string }> {
    this.#say("\n1. Alice makes a token for her nightly script");
    await this.#logIn();
    await this.#alice.get("/account/tokens/new");
    const fields = { name: "Nightly report", days: "30", "scope.planner:read": "on" };
    const summary = await this.#alice.submit("/account/tokens/new", fields);
    expect(summary.text.includes("read your plans"), "the page says in plain words what the token may do");
    const made = await this.#alice.submit(summary.path);
    const secret = SECRET.exec(made.text)?.[0] ?? "";
    const id = /\/account\/tokens\/([0-9a-f]{32})/.exec(made.text)?.[1] ?? "";
    expect(secret !== "" && id !== "", "the page shows the token, this once");
    this.#say(`   "Nightly report" may read plans at the Planner for 30 days: ${shown(secret)}`);
    return { id, secret };
  }

  async #useAsUsual(secret: string): Promise<void> {
    this.#say("\n2. The script runs every day, from the office");
    for (let day = 0; day < 4; day += 1) {
      const verdicts = [await this.#verify(secret, OFFICE), await this.#verify(secret, OFFICE)];
      expect(
        verdicts.every(({ active }) => active),
        "the token is good",
      );
      this.#say(`   ${this.#gatehouse.today()}: ${verdicts.length} uses from ${OFFICE}, both good`);
      await setTimeout(WATCH_LOOKS_MS);
      this.#gatehouse.pass(DAY_MS);
    }
  }

  async #steal({ id, secret }: { readonly id: string; readonly secret: string }): Promise<void> {
    this.#say("\n3. The token lay in a file that a thief has copied");
    await this.#logIn();
    expect((await this.#verify(secret, OFFICE)).active, "the script runs");
    const first = await this.#tryOut(secret, THIEF);
    expect(first.active, "whoever has a token can use it");
    this.#say(
      `   ${this.#gatehouse.today()}: tried out from ${THIEF}: good. Nobody can know yet who that is.`,
    );
    await this.#until("/account/tokens", /was used from a network that it had never been used from/);
    this.#say("   The watch has noticed a network that this token never had, and tells Alice.");
    this.#say("   The thief hides behind other addresses:");
    for (const proxy of PROXIES) {
      const verdict = await this.#verify(secret, proxy);
      this.#say(`     from ${proxy}: ${words(verdict)}`);
      await setTimeout(WATCH_LOOKS_MS);
    }
    await this.#until(`/account/tokens/${id}`, /is suspended/);
    const caught = await this.#verify(secret, THIEF);
    expect(caught.refusal === "suspended", "the thief is refused");
    this.#say("   The watch has seen too many networks at once, and has suspended the token.");
    this.#say(`     from ${THIEF}: ${words(caught)}`);
    this.#say(`     from ${OFFICE}, Alice's own script: ${words(await this.#verify(secret, OFFICE))}`);
  }

  async #readNotices(): Promise<void> {
    this.#say("\n4. What Alice reads");
    const home = await this.#alice.get("/");
    const line = /<a href="[^"]*">([^<]+ about your API tokens)<\/a>/.exec(home.text)?.[1];
    expect(line !== undefined, "her first page says that there are notices");
    this.#say(`   On her first page: you have ${line ?? ""}`);
    const list = await this.#alice.get("/account/tokens");
    for (const [, notice = ""] of list.text.matchAll(/<a href="[^"]*">(“[^<]+)<\/a><small>/g)) {
      this.#say(`   ${notice}`);
    }
  }

  async #release({ id, secret }: { readonly id: string; readonly secret: string }): Promise<void> {
    this.#say("\n5. Alice releases it, which needs a login of this moment");
    this.#gatehouse.pass(10 * 60_000);
    const asked = await this.#alice.get(`/account/tokens/${id}/release`);
    expect(asked.path.startsWith("/login?again=1"), "her login is ten minutes old, and she is asked again");
    this.#say("   Her login is ten minutes old: Gatehouse asks for the password again.");
    await this.#alice.submit("", { username: "alice", password: DEMO_PASSWORD });
    await this.#alice.submit(`/${id}/release`);
    const verdict = await this.#verify(secret, OFFICE);
    expect(verdict.active, "the released token is good");
    this.#say(`   Released. Her script, from ${OFFICE}: ${words(verdict)}`);
  }

  async #rotate({ id, secret }: { readonly id: string; readonly secret: string }): Promise<string> {
    this.#say("\n6. The thief still has a copy, so she changes the secret, without an overlap");
    await this.#alice.get(`/account/tokens/${id}/rotate`);
    const made = await this.#alice.submit("/rotate", { overlap: "0" });
    const fresh = SECRET.exec(made.text)?.[0] ?? "";
    const successor = /\/account\/tokens\/([0-9a-f]{32})">Show the token/.exec(made.text)?.[1] ?? "";
    expect(fresh !== "" && fresh !== secret && successor !== "", "the page shows the new secret, this once");
    const [thief, script] = [await this.#verify(secret, THIEF), await this.#verify(fresh, OFFICE)];
    expect(!thief.active && script.active, "the old secret is dead and the new one is good");
    this.#say(`   The old one, from ${THIEF}: ${words(thief)}`);
    this.#say(`   The new one, ${shown(fresh)}, from ${OFFICE}: ${words(script)}`);
    return successor;
  }

  async #readTrail(id: string): Promise<void> {
    this.#say("\n7. What the audit trail has about it, the newest first");
    const page = await this.#alice.get(`/admin/tokens/${id}`);
    const table = page.text.split("What was done to it").at(-1) ?? "";
    const acts = table.matchAll(
      /<th scope="row"[^>]*>([^<]*)<\/th><td>([^<]*)(?:<small class="mono">([^<]*))?/g,
    );
    const lines = [...acts].map(([, who = "", what = "", detail = ""]) =>
      `${who}: ${what.trim()} ${detail}`.trim(),
    );
    expect(lines.length >= 6, "the trail has each act");
    for (const line of lines) this.#say(`   ${line}`);
  }

  async #logIn(): Promise<void> {
    await this.#alice.get("/login");
    const page = await this.#alice.submit("", { username: "alice", password: DEMO_PASSWORD });
    expect(page.path === "/", "alice is logged in");
  }

  /** As the Planner's API asks: it says from where the token came to it, and for what. */
  async #verify(token: string, address: string): Promise<Verdict> {
    const { issuer, api } = this.#gatehouse;
    const credentials = Buffer.from(`${api.id}:${api.secret}`).toString("base64");
    const use = { address, resource: PLANNER_API, scopes: ["planner:read"], method: "GET", path: "/plans" };
    return await ask(issuer, { token, ...use }, { authorization: `Basic ${credentials}` });
  }

  /** As anybody may ask, of whom Gatehouse knows the address alone: by the header of the proxy that it trusts. */
  async #tryOut(token: string, address: string): Promise<Verdict> {
    return await ask(this.#gatehouse.issuer, { token }, { "x-forwarded-for": address });
  }

  /** Loads one of Alice's pages until it shows what the watch, which looks once a second, has done. */
  async #until(path: string, what: RegExp): Promise<void> {
    const endMs = Date.now() + NOTICED_WITHIN_MS;
    while (Date.now() < endMs) {
      if (what.test((await this.#alice.get(path)).text)) return;
      await setTimeout(250);
    }
    throw new DemoError(`${path} does not show ${String(what)}`);
  }
}

async function ask(
  issuer: string,
  question: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>>,
): Promise<Verdict> {
  const response = await fetch(`${issuer}/tokens/verify`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(question),
  });
  if (!response.ok) throw new DemoError(`/tokens/verify answered ${response.status}`);
  return VerdictAnswer.parse(await response.json());
}

/** The story goes on only where Gatehouse did what it tells. */
function expect(isSo: boolean, what: string): void {
  if (!isSo) throw new DemoError(`it did not happen that ${what}`);
}

function words({ active, refusal }: Verdict): string {
  return active ? "good" : `refused (${refusal ?? "no reason told"})`;
}

function shown(secret: string): string {
  return `${secret.slice(0, 8)}…${secret.slice(-4)}`;
}
