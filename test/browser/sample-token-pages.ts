import { inspected } from "../../src/account/inspected.ts";
import { changeWords } from "../../src/account/token-change-words.ts";
import { EMPTY_TOKEN_FORM, formOfToken, METHODS } from "../../src/account/token-form.ts";
import { noticeLine } from "../../src/account/token-notices.ts";
import { tokenRow } from "../../src/account/tokens-endpoint.ts";
import { plainWords, planWarning, useView } from "../../src/account/token-words.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { ownApi } from "../../src/tokens/own-api.ts";
import { takeApart } from "../../src/tokens/take-apart.ts";
import type { TokenFacts } from "../../src/tokens/token-act.ts";
import { makeToken } from "../../src/tokens/token-format.ts";
import { DAY_MS, DEFAULT_TOKEN_POLICY } from "../../src/tokens/token-policy.ts";
import type { SamplePage } from "./sample-pages.ts";

const AT = Date.UTC(2026, 10, 24, 13, 32, 7);
const LONG_NAME = "Donaudampfschifffahrtsgesellschaftskapitänsverwaltung-Nachtlauf";
const OFFERS = [
  ownApi("https://id.example.org"),
  {
    identifier: "https://planner.example.org/a/very/long/path/to/the/api/of/the/planner",
    name: "Planner",
    scopes: [{ name: "planner:read", description: "Read your plans" }],
  },
];
const OWNER = { kind: "account", id: "alice-id" } as const;

function token(changes: Partial<TokenFacts>): TokenFacts {
  return {
    id: "0123456789abcdef0123456789abcdef",
    kind: "pat",
    name: "Nightly report",
    lastFour: "a7Xq",
    owner: OWNER,
    madeBy: OWNER.id,
    limits: {
      scopes: ["planner:read"],
      resources: [OFFERS[1]?.identifier ?? ""],
      addresses: ["192.0.2.0/24", "2001:db8::/32"],
      methods: ["GET"],
      pathPrefixes: ["/reports"],
      perMinute: 60,
      perDay: 10_000,
    },
    createdAtMs: AT - 40 * DAY_MS,
    expiresAtMs: AT + 20 * DAY_MS,
    state: "active",
    stateSinceMs: AT - 40 * DAY_MS,
    version: 3,
    lastUsedAtMs: AT,
    lastUsedAddress: "2001:db8:1234:5678:9abc:def0:1234:5678",
    ...changes,
  };
}

const SUSPENDED = token({ name: LONG_NAME, state: "suspended", stateReason: "rule:many-networks" });
const clock = { nowMs: () => AT };
const ROWS = [
  token({}),
  SUSPENDED,
  token({ state: "revoked", stateReason: "leaked" }),
  token({ expiresAtMs: AT + DAY_MS, lastUsedAtMs: undefined }),
].map((one) => tokenRow({ clock, tokenPolicy: DEFAULT_TOKEN_POLICY }, one, OFFERS));

const NOTICE = { tokenId: SUSPENDED.id, accountId: OWNER.id, atMs: AT, evidence: {} };
const NOTICES = [
  noticeLine({ ...NOTICE, id: "1", rule: "many-networks", action: "suspended" }, SUSPENDED),
  noticeLine({ ...NOTICE, id: "2", rule: "expiry", action: "notified", readAtMs: AT }, undefined),
];

const USE = useView(
  Array.from({ length: 40 }, (_, n) => ({
    tokenId: "t",
    day: new Date(AT - (n % 20) * DAY_MS).toISOString().slice(0, 10),
    address: n % 2 === 0 ? "192.0.2.1" : "2001:db8:1234:5678:9abc:def0:1234:5678",
    resource: OFFERS[1]?.identifier ?? "",
    outcome: n % 5 === 0 ? "address" : "ok",
    count: 3 * n + 1,
  })),
  AT,
  30,
);
const PLANNED = {
  kind: "pat",
  owner: OWNER,
  ownerName: "alice",
  limits: { ...token({}).limits, addresses: [] },
  expiresAtMs: AT + 20 * DAY_MS,
} as const;
const JWT = ["eyJhbGciOiJub25lIn0", Buffer.from('{"sub":"alice","exp":1}').toString("base64url"), ""].join(
  ".",
);
const SHARED = { person: { id: "alice-id", name: "alice", owner: true }, csrf: "token" };
const FORM = { form: EMPTY_TOKEN_FORM, offered: OFFERS, lifetimes: [7, 30, 90], allMethods: METHODS };
const CHANGE_FORM = {
  token: token({ name: LONG_NAME }),
  ...FORM,
  form: formOfToken(token({ name: LONG_NAME })),
  keepsMs: AT + 20 * DAY_MS,
  wrong: {},
};
const CHANGED = {
  name: LONG_NAME,
  limits: {
    ...token({}).limits,
    scopes: ["tokens:read"],
    resources: ["https://id.example.org/api"],
    addresses: [],
    methods: ["GET", "POST"],
    perDay: 100,
    binding: { kind: "dpop", thumbprint: "k".repeat(43) },
  },
  expiresAtMs: AT + 30 * DAY_MS,
} as const;
const SUMMARY = { lines: plainWords(PLANNED, OFFERS), warning: planWarning(PLANNED) };

function page(name: string, view: string, data: object): SamplePage {
  return { name, view, data: { ...SHARED, ...data } };
}

/** The pages about API tokens, made by the functions that make the real ones. */
export const SAMPLE_TOKEN_PAGES: readonly SamplePage[] = [
  page("API tokens", "tokens", { rows: ROWS, total: 90, next: "x", notices: NOTICES }),
  page("API tokens, none yet", "tokens", { rows: [], total: 0, notices: [] }),
  page("new API token", "tokens/new", { ...FORM, wrong: {} }),
  page("new API token, something is wrong", "tokens/new", {
    ...FORM,
    wrong: { name: "Give it a name.", scopes: "Choose at least one.", addresses: "x: is not an address" },
  }),
  page("new API token, in plain words", "tokens/summary", { name: LONG_NAME, draft: "d", ...SUMMARY }),
  page("API token, made", "tokens/made", {
    token: token({}),
    secret: makeToken("pat", systemRandom).text,
    nowMs: AT,
    oldEndsAtMs: AT + DAY_MS,
  }),
  page("an API token that is suspended", "tokens/one", {
    token: SUSPENDED,
    state: ROWS[1]?.state,
    usable: true,
    why: { fact: "It is suspended", text: "It was used from many networks." },
    scopes: [{ name: "planner:read", description: "Read your plans" }],
    use: USE,
  }),
  page("change of an API token", "tokens/change", CHANGE_FORM),
  page("change of an API token, changed meanwhile", "tokens/change", {
    ...CHANGE_FORM,
    lifetimes: [],
    notice: {
      fact: "The token was changed meanwhile, by somebody else",
      text: "Nothing was changed by you.",
    },
    wrong: { addresses: "x: is not an address" },
  }),
  page("change of an API token, what becomes different", "tokens/change-summary", {
    token: token({ name: LONG_NAME }),
    draft: "d",
    difference: changeWords(token({}), CHANGED, OFFERS),
  }),
  page("change of an API token, nothing wider", "tokens/change-summary", {
    token: token({}),
    draft: "d",
    difference: { ...changeWords(token({}), CHANGED, OFFERS), wider: [], other: [] },
  }),
  page("release of an API token", "tokens/release", {
    token: SUSPENDED,
    why: { fact: "x", text: "It was used." },
  }),
  page("a token taken apart", "tokens/inspect", { found: inspected(takeApart(JWT, AT), false) }),
  page("no token to take apart", "tokens/inspect", { found: inspected(takeApart("x", AT), false) }),
];
