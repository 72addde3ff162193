import { counted, timeParts } from "../http/presentation.ts";
import type { ApiTokenKind, TokenLimits, TokenOwner } from "../model/api-token.ts";
import type { TokenUseCount } from "../storage/api-token-stores.ts";
import type { TokenOffer } from "../tokens/api-tokens.ts";
import type { TokenFacts } from "../tokens/token-act.ts";

const DAY_MS = 86_400_000;
const ROWS_SHOWN = 60;

/** A state as its chip shows it. */
export interface StateWords {
  readonly kind: "ok" | "warn" | "bad" | "";
  readonly text: "Active" | "Ends soon" | "Suspended" | "Revoked" | "Ended";
  readonly icon?: string | undefined;
}

/** `warnBeforeMs`: how long before its end a token "ends soon". */
export function stateWords(
  { state, expiresAtMs }: Pick<TokenFacts, "state" | "expiresAtMs">,
  nowMs: number,
  warnBeforeMs: number,
): StateWords {
  if (state === "revoked") return { kind: "", text: "Revoked" };
  if (expiresAtMs <= nowMs) return { kind: "", text: "Ended", icon: "clock" };
  if (state === "suspended") return { kind: "bad", text: "Suspended" };
  if (expiresAtMs - nowMs < warnBeforeMs) return { kind: "warn", text: "Ends soon" };
  return { kind: "ok", text: "Active" };
}

const REASONS: Readonly<Record<string, string>> = {
  owner: "Its owner stopped it.",
  administrator: "An administrator stopped it.",
  bulk: "It was stopped together with others.",
  leaked: "It was reported as found where others can read it.",
  exposed: "It came over a connection or in a web address that others can read.",
  rotated: "Another one took its place.",
  "rule:new-network": "It was used from a network that it had never been used from.",
  "rule:many-networks": "It was used from many networks within a short time.",
  "rule:rate-jump": "It was suddenly used far more often than before.",
  "rule:dead-token": "It was used again and again after its end.",
  "rule:scope-probing": "It was used to try out rights that it does not have.",
  "rule:leaked": "It was reported as found where others can read it.",
};

/** Why a token is suspended or revoked, in one sentence; a reason without words is shown as it is. */
export function reasonWords(reason: string | undefined): string {
  if (reason === undefined) return "";
  return Object.hasOwn(REASONS, reason) ? (REASONS[reason] ?? "") : `The reason: ${reason}.`;
}

const OUTCOMES: Readonly<Record<string, string>> = {
  expired: "Had ended",
  revoked: "Was revoked",
  suspended: "Was suspended",
  owner: "Owner switched off",
  resource: "Other API",
  scope: "Right missing",
  address: "Other address",
  method: "Other method",
  path: "Other path",
  binding: "Proof missing",
  rate: "Too often",
  quota: "Quota used up",
  exposed: "Readable by others",
};

/** The use of some days as the chart and its table show it. */
export interface UseView {
  readonly days: readonly { readonly day: string; readonly total: number; readonly refused: number }[];
  /** The chart in words. */
  readonly label: string;
  readonly rows: readonly (TokenUseCount & { readonly words: string })[];
  /** Lines that are left out: of those with the fewest uses. */
  readonly left: number;
}

/** `counts` of the last `days` UTC days, today among them. */
export function useView(counts: readonly TokenUseCount[], nowMs: number, days: number): UseView {
  const names = Array.from({ length: days }, (_, index) => dayOf(nowMs - (days - 1 - index) * DAY_MS));
  const perDay = names.map((day) => {
    const ofDay = counts.filter((count) => count.day === day);
    return { day, total: sum(ofDay), refused: sum(ofDay.filter(({ outcome }) => outcome !== "ok")) };
  });
  const total = perDay.reduce((all, day) => all + day.total, 0);
  const refused = perDay.reduce((all, day) => all + day.refused, 0);
  const shown = counts
    .toSorted((a, b) => b.count - a.count)
    .slice(0, ROWS_SHOWN)
    .toSorted((a, b) => b.day.localeCompare(a.day) || b.count - a.count);
  return {
    days: perDay,
    label:
      total === 0
        ? `No use in ${days} days`
        : `${counted(total, "use")} in ${days} days, ${refused === 0 ? "none" : counted(refused, "of them", "of them")} refused`,
    rows: shown.map((row) => ({ ...row, words: OUTCOMES[row.outcome] ?? row.outcome })),
    left: counts.length - shown.length,
  };
}

function sum(counts: readonly TokenUseCount[]): number {
  return counts.reduce((all, { count }) => all + count, 0);
}

function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

/** What a token may do, in few words for a list. */
export function allowsWords({ scopes, resources }: TokenLimits, offers: readonly TokenOffer[]): string {
  if (scopes.length > 3)
    return `${counted(scopes.length, "right")} at ${counted(resources.length, "API")}`.replace(/^./, (c) =>
      c.toUpperCase(),
    );
  if (scopes.length > 0) return scopes.map((scope) => describe(scope, offers)).join(", ");
  return `Speak to ${resources.map((identifier) => nameOfResource(identifier, offers)).join(", ")}`;
}

/** A scope's own words, or its name where nobody declares it any more. */
export function describe(scope: string, offers: readonly TokenOffer[]): string {
  return offers.flatMap(({ scopes }) => scopes).find(({ name }) => name === scope)?.description ?? scope;
}

/** A resource's own name, or its identifier where nobody declares it any more. */
export function nameOfResource(identifier: string, offers: readonly TokenOffer[]): string {
  return offers.find((offer) => offer.identifier === identifier)?.name ?? identifier;
}

/** A token that is about to be made. */
export interface Planned {
  readonly kind: ApiTokenKind;
  readonly owner: TokenOwner;
  readonly ownerName: string;
  readonly limits: TokenLimits;
  readonly expiresAtMs: number;
}

/** What it will be able to do, sentence by sentence. */
export function plainWords(planned: Planned, offers: readonly TokenOffer[]): readonly string[] {
  const { limits, expiresAtMs } = planned;
  return [
    ...limits.resources.map((identifier) => atResource(identifier, limits, offers)),
    whoseRights(planned),
    `It works until ${timeParts(expiresAtMs, "date").text}, ${fromWhere(limits.addresses)}.`,
    ...howWords(limits),
    limits.scopes.some((scope) => scope.startsWith("tokens:write"))
      ? "It may make other tokens, none of them able to do more than itself."
      : "It may not make other tokens, and nobody can log in with it.",
  ];
}

function atResource(identifier: string, { scopes }: TokenLimits, offers: readonly TokenOffer[]): string {
  const offer = offers.find((one) => one.identifier === identifier);
  const rights = (offer?.scopes ?? []).filter(({ name }) => scopes.includes(name));
  const name = nameOfResource(identifier, offers);
  if (rights.length === 0) return `It may speak to ${name}, with no right beyond that.`;
  return `At ${name} it may: ${rights.map(({ description }) => lowered(description)).join("; ")}.`;
}

/** "Read your plans" inside a sentence; a name in capitals stays. */
export function lowered(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

function whoseRights({ kind, ownerName }: Planned): string {
  switch (kind) {
    case "pat":
      return "It acts for you, and never has more rights than you have at that moment.";
    case "key":
      return `It only says “${ownerName}”: it carries no rights of a person.`;
    case "svc":
      return `It acts for the service ${ownerName}, within what that is registered for.`;
  }
}

/** "from anywhere", or the addresses. */
export function fromWhere(addresses: readonly string[]): string {
  if (addresses.length === 0) return "from anywhere";
  const shown = addresses.slice(0, 5).join(", ");
  return addresses.length > 5
    ? `from ${shown} and ${counted(addresses.length - 5, "more")}`
    : `from ${shown} alone`;
}

function howWords({ methods, pathPrefixes, perMinute, perDay, binding }: TokenLimits): readonly string[] {
  const only = [
    methods.length === 0 ? "" : `with ${methods.join(", ")}`,
    pathPrefixes.length === 0 ? "" : `below ${pathPrefixes.join(", ")}`,
  ].filter((part) => part !== "");
  const often = [
    perMinute === undefined ? "" : `${perMinute.toLocaleString("en")} times a minute`,
    perDay === undefined ? "" : `${perDay.toLocaleString("en")} times a day`,
  ].filter((part) => part !== "");
  return [
    ...(only.length === 0 ? [] : [`Only ${only.join(" and ")}.`]),
    ...(often.length === 0 ? [] : [`At most ${often.join(", and ")}.`]),
    ...(binding === undefined
      ? []
      : [`Only together with ${binding.kind === "dpop" ? "its key" : "its client certificate"}.`]),
  ];
}

/** What should be thought about before it is made; undefined: nothing. */
export function planWarning({
  limits,
}: Pick<Planned, "limits">): { readonly fact: string; readonly text: string } | undefined {
  if (limits.scopes.some((scope) => scope.endsWith(":all"))) {
    return {
      fact: "This reaches the tokens of everybody",
      text: "Whoever has it can stop what others run. Keep it where no one else reads.",
    };
  }
  if (limits.addresses.length > 0 || limits.binding !== undefined) return undefined;
  return {
    fact: "Whoever finds it can use it from anywhere",
    text: "If the script always runs at the same place, name that place’s address.",
  };
}
