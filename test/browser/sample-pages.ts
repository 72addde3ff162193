import type { LogoutEntry, LogoutOutcome } from "../../src/model/logout-receipt.ts";
import { SAMPLE_TOKEN_PAGES } from "./sample-token-pages.ts";

/** Every page of a person, in each of its shapes, with names and values of awkward lengths. */
export interface SamplePage {
  readonly name: string;
  readonly view: string;
  readonly data: object;
}

const AT = Date.UTC(2026, 10, 24, 13, 32, 7);
const LONG_NAME = "Donaudampfschifffahrtsgesellschaftskapitänsverwaltung International";
const LONG_ADDRESS = `https://login.${"very-long-".repeat(9)}host.example.org/saml/acs?tenant=${"x".repeat(120)}`;

const WIKI = { id: "wiki", name: "Wiki" };
const LONG = { id: "long", name: LONG_NAME };
const FLOW = { csrf: "token", flow: "A".repeat(43) };
const ALICE = { id: "alice-id", name: "alice", owner: true };

function entry(outcome: LogoutOutcome, name: string): LogoutEntry {
  return {
    applicationId: outcome,
    applicationName: name,
    protocol: "saml",
    channel: "back",
    outcome,
    atMs: AT,
  };
}

const RECEIPT = {
  id: "LO-7K2M-94QD",
  accountId: "alice-id",
  startedAtMs: AT,
  entries: [
    entry("signed-out", "Wiki"),
    entry("already-gone", "Git"),
    entry("told", "Planner"),
    entry("no-answer", "Payroll"),
    entry("refused", LONG_NAME),
    entry("not-supported", "Library"),
    entry("unreachable", "Travel"),
    entry("pending", "Meeting rooms"),
  ],
};

const PROBLEM = {
  status: 400,
  code: "saml.acs-not-registered",
  title: "Wiki could not log you in",
  explanation: "It asked us to send you to an address that is not registered for it.",
  advice: "Give this reference to the people who look after Wiki. Trying again will not help before that.",
  fault: "application",
  applicationName: "Wiki",
  facts: [
    { label: "It asked for", value: LONG_ADDRESS, section: "SAML Core 3.4.1" },
    { label: "Registered", value: "https://wiki.example.org/saml/acs" },
  ],
};

const login = { ...FLOW, rememberedDays: 30, username: "" };

export const SAMPLE_PAGES: readonly SamplePage[] = [
  { name: "login", view: "login", data: { ...login, application: WIKI } },
  { name: "login without an application", view: "login", data: { csrf: "token", rememberedDays: 30 } },
  {
    name: "login again",
    view: "login",
    data: {
      ...login,
      application: LONG,
      username: "alice",
      notice: `${LONG_NAME} asks you to log in again.`,
    },
  },
  {
    name: "login refused",
    view: "login",
    data: {
      ...login,
      application: WIKI,
      username: "alice@example.org",
      failure: { kind: "wrong", triesLeft: 2, nextWaitMs: 60_000 },
    },
  },
  {
    name: "login held",
    view: "login",
    data: { ...login, application: WIKI, username: "alice", failure: { kind: "wait", waitMs: 60_000 } },
  },
  {
    name: "choose an account",
    view: "choose-account",
    data: {
      ...FLOW,
      application: WIKI,
      account: { id: "alice-id", shownName: "Alice Example", email: "alice@example.org" },
      loggedInSinceMs: AT,
      anotherPath: "/login?flow=x&as=another",
    },
  },
  {
    name: "consent",
    view: "consent",
    data: {
      ...FLOW,
      shown: "hash",
      application: LONG,
      account: { username: "alice" },
      anotherPath: "/login?flow=x&as=another",
      nextHost: "planner.example.org",
      lines: [
        { scope: "profile", title: "Your name", text: "Alice Example", optional: false },
        { scope: "groups", title: "Your groups", text: "staff, ".repeat(40), optional: true },
        {
          scope: "offline_access",
          title: "Access while you are away",
          text: "It goes on reading what you allow it after you have logged out, until you take it back under “What I allowed”. Without the tick, that ends when you log out.",
          optional: true,
          declined: true,
        },
      ],
    },
  },
  { name: "step up", view: "step-up", data: { ...FLOW, application: { id: "payroll", name: "Payroll" } } },
  {
    name: "error of an application",
    view: "problem",
    data: { problem: PROBLEM, reference: "GH-4F7K-92MX", homeLink: true, atMs: AT },
  },
  {
    name: "error of ours",
    view: "problem",
    data: {
      problem: { ...PROBLEM, fault: "gatehouse", facts: [] },
      reference: "GH-4F7K-92MX",
      homeLink: false,
      atMs: AT,
      action: { label: "Start again", href: "/" },
    },
  },
  {
    name: "on the way",
    view: "form-post",
    data: {
      action: "/arrived",
      fields: { SAMLResponse: "PHNhbWw+", RelayState: "a b" },
      applicationName: "Wiki",
    },
  },
  {
    name: "my applications",
    view: "apps",
    data: {
      person: ALICE,
      search: "",
      untilMs: AT,
      untilStyle: "time",
      unread: 2,
      tiles: [
        { ...WIKI, href: "https://wiki.example.org/", note: "wiki.example.org" },
        { ...LONG, href: LONG_ADDRESS, note: "a".repeat(80) },
        { id: "native", name: "Native", href: undefined, note: "Open it on your device" },
      ],
    },
  },
  {
    name: "my applications, nothing found",
    view: "apps",
    data: { person: ALICE, search: "x".repeat(100), untilMs: AT, untilStyle: "date", unread: 0, tiles: [] },
  },
  {
    name: "my applications, none yet",
    view: "apps",
    data: {
      person: { ...ALICE, owner: false },
      search: "",
      untilMs: AT,
      untilStyle: "time",
      unread: 0,
      tiles: [],
    },
  },
  {
    name: "sessions",
    view: "sessions",
    data: {
      person: ALICE,
      csrf: "token",
      sessions: [
        {
          id: "a",
          current: true,
          startedAtMs: AT,
          how: "with a password",
          applications: ["Wiki", LONG_NAME],
        },
        { id: "b", current: false, startedAtMs: AT, how: "with a password", applications: ["Wiki"] },
        { id: "c", current: false, startedAtMs: AT, how: "with a password", applications: [] },
      ],
    },
  },
  {
    name: "what I allowed",
    view: "consents",
    data: {
      person: ALICE,
      csrf: "token",
      grants: [
        {
          id: "a",
          applicationId: "wiki",
          name: "Wiki",
          allowed: ["Your name"],
          declined: ["Your groups"],
          sinceMs: AT,
        },
        {
          id: "b",
          applicationId: "long",
          name: LONG_NAME,
          allowed: ["x".repeat(80)],
          declined: [],
          sinceMs: AT,
        },
        { id: "c", applicationId: "git", name: "Git", allowed: [], declined: [], sinceMs: AT },
      ],
    },
  },
  {
    name: "what I allowed, nothing yet",
    view: "consents",
    data: { person: ALICE, csrf: "token", grants: [] },
  },
  {
    name: "log out",
    view: "logout",
    data: { csrf: "token", account: { username: "alice" }, otherSessions: 2 },
  },
  {
    name: "logging out",
    view: "logout-run",
    data: {
      run: "run",
      continueAction: "/arrived",
      frames: [
        { src: "/frame?1", applicationName: "Wiki" },
        { src: "/frame?2", applicationName: LONG_NAME },
      ],
    },
  },
  {
    name: "logged out",
    view: "logged-out",
    data: {
      receipt: RECEIPT,
      applications: new Map([["not-supported", { startUrl: "https://library.example.org/" }]]),
      loginUrl: "/login",
      againAction: "/logout/receipt/again",
    },
  },
  {
    name: "logged out, nobody to tell",
    view: "logged-out",
    data: { applications: new Map(), loginUrl: "/login" },
  },
  ...SAMPLE_TOKEN_PAGES,
];
