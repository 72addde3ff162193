import type { LogoutEntry, LogoutOutcome, LogoutReceipt } from "../model/logout-receipt.ts";
import { counted, sentence } from "./presentation.ts";
import { isWebAddress } from "./web-address.ts";

/** One application on the logout receipt. */
export interface ReceiptLine {
  readonly entry: LogoutEntry;
  readonly kind: "ok" | "warn" | "bad";
  readonly chip: string;
  /** What happened and what follows; the time of a confirmation is added by the page. */
  readonly text: string;
  readonly confirmed: boolean;
  /** "Try again" can help. */
  readonly again: boolean;
  /** Where the person can log out by hand. */
  readonly openUrl: string | undefined;
}

interface Wording {
  readonly kind: ReceiptLine["kind"];
  readonly chip: string;
  readonly text: string;
  readonly again: boolean;
}

/** One row for each way in which a logout can end at an application (PAGES.md, "Logout receipt"). */
const WORDINGS: Readonly<Record<LogoutOutcome, Wording>> = {
  pending: { kind: "warn", chip: "Not yet", text: "We are still waiting for its answer.", again: true },
  "signed-out": { kind: "ok", chip: "Logged out", text: "Confirmed at", again: false },
  "already-gone": {
    kind: "ok",
    chip: "Logged out",
    text: "It had ended your session already.",
    again: false,
  },
  told: {
    kind: "warn",
    chip: "Told",
    text: "We told it through your browser. It has no way to confirm that.",
    again: true,
  },
  "no-answer": {
    kind: "warn",
    chip: "No answer",
    text: "We waited 5 seconds. It may still have you logged in.",
    again: true,
  },
  refused: {
    kind: "bad",
    chip: "Refused",
    text: "It did not accept our message. It may still have you logged in.",
    again: true,
  },
  "not-supported": {
    kind: "warn",
    chip: "Cannot log out",
    text: "It has no logout that we can call. Log out there yourself.",
    again: false,
  },
  unreachable: {
    kind: "bad",
    chip: "Not asked",
    text: "It could not be asked: its address was not reachable.",
    again: true,
  },
};

const ORDER: Readonly<Record<ReceiptLine["kind"], number>> = { bad: 0, warn: 1, ok: 2 };

/** The page's view of a receipt: its title, its summary and its lines, problems first. */
export function receiptLines(
  receipt: LogoutReceipt | undefined,
  applications: ReadonlyMap<string, { readonly startUrl?: string | undefined } | undefined>,
): { lines: readonly ReceiptLine[]; title: string; summary: string } {
  const lines = (receipt?.entries ?? [])
    .map((entry) => lineOf(entry, applications.get(entry.applicationId)?.startUrl))
    .toSorted((a, b) => ORDER[a.kind] - ORDER[b.kind]);
  const open = lines.filter((line) => line.kind !== "ok").length;
  const title = open === 0 ? "Logged out" : `Logged out, ${counted(open, "application")} left`;
  return { lines, title, summary: summaryOf(lines.length - open, open) };
}

function lineOf(entry: LogoutEntry, startUrl: string | undefined): ReceiptLine {
  const wording = WORDINGS[entry.outcome];
  const confirmed = entry.outcome === "signed-out";
  const byHand = wording.kind !== "ok" && !wording.again && startUrl !== undefined && isWebAddress(startUrl);
  return { ...wording, entry, confirmed, openUrl: byHand ? startUrl : undefined };
}

function summaryOf(confirmed: number, open: number): string {
  if (confirmed + open === 0) return "No application had to be told.";
  const first =
    confirmed === 0
      ? "No application confirmed it."
      : `${sentence(counted(confirmed, "application"))} confirmed it.`;
  return open === 0 ? first : `${first} ${sentence(counted(open, "", ""))}may still know you.`;
}
