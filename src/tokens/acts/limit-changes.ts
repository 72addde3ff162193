import type { TokenLimits } from "../../model/api-token.ts";
import { AddressList, AddressListError } from "../address-list.ts";

/** What may change of a token besides its name. */
export interface TokenReach {
  readonly limits: TokenLimits;
  readonly expiresAtMs: number;
}

export type ReachField = keyof TokenLimits | "expiresAtMs";

/** One limit that is another one than before. `wider`: the token can do something that it could not. */
export interface LimitChange {
  readonly field: ReachField;
  readonly direction: "wider" | "narrower";
  /** Entries of a list that come or go; empty: the limit as a whole. */
  readonly entries: readonly string[];
}

type Covers = (entry: string, by: string) => boolean;

/** What becomes wider and what narrower; a list that swaps entries does both. Empty: nothing changes. */
export function limitChanges(before: TokenReach, after: TokenReach): readonly LimitChange[] {
  const [a, b] = [before.limits, after.limits];
  return [
    ...rights("scopes", a.scopes, b.scopes),
    ...rights("resources", a.resources, b.resources),
    ...restrictions("addresses", a.addresses, b.addresses, isWithinRange),
    ...restrictions("methods", a.methods, b.methods, isSame),
    ...restrictions("pathPrefixes", a.pathPrefixes, b.pathPrefixes, isBelow),
    ...numbers("perMinute", a.perMinute, b.perMinute),
    ...numbers("perDay", a.perDay, b.perDay),
    ...bindings(a, b),
    ...numbers("expiresAtMs", before.expiresAtMs, after.expiresAtMs),
  ];
}

/** True where the token could do more, from more places, more often or for longer, or with another key. */
export function widens(changes: readonly LimitChange[]): boolean {
  return changes.some(({ direction }) => direction === "wider");
}

/** Lists of which the empty one is nothing. */
function rights(
  field: ReachField,
  before: readonly string[],
  after: readonly string[],
): readonly LimitChange[] {
  return lists(field, before, after, isSame);
}

/** Lists of which the empty one is no limit. */
function restrictions(
  field: ReachField,
  before: readonly string[],
  after: readonly string[],
  covers: Covers,
): readonly LimitChange[] {
  if (before.length === 0 && after.length === 0) return [];
  if (before.length === 0) return [{ field, direction: "narrower", entries: [] }];
  if (after.length === 0) return [{ field, direction: "wider", entries: [] }];
  return lists(field, before, after, covers);
}

function lists(
  field: ReachField,
  before: readonly string[],
  after: readonly string[],
  covers: Covers,
): readonly LimitChange[] {
  const beyond = (some: readonly string[], all: readonly string[]) =>
    some.filter((entry) => !all.some((by) => covers(entry, by)));
  const changes: readonly LimitChange[] = [
    { field, direction: "wider", entries: beyond(after, before) },
    { field, direction: "narrower", entries: beyond(before, after) },
  ];
  return changes.filter(({ entries }) => entries.length > 0);
}

/** Absent is no limit of its own, so more than every number. */
function numbers(
  field: ReachField,
  before = Number.POSITIVE_INFINITY,
  after = Number.POSITIVE_INFINITY,
): readonly LimitChange[] {
  if (before === after) return [];
  return [{ field, direction: after > before ? "wider" : "narrower", entries: [] }];
}

/** Another key is wider: whoever has that one could not use the token before. */
function bindings({ binding: before }: TokenLimits, { binding: after }: TokenLimits): readonly LimitChange[] {
  if (before?.kind === after?.kind && before?.thumbprint === after?.thumbprint) return [];
  return [{ field: "binding", direction: before === undefined ? "narrower" : "wider", entries: [] }];
}

function isSame(entry: string, by: string): boolean {
  return entry === by;
}

/** Prefixes end at a segment. */
function isBelow(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

/** What cannot be compared counts as another range: that asks for a login too often, never too seldom. */
function isWithinRange(entry: string, by: string): boolean {
  if (entry === by) return true;
  const [address = "", bits] = entry.split("/");
  const [, byBits] = by.split("/");
  if (byBits === undefined || (bits !== undefined && Number(bits) < Number(byBits))) return false;
  try {
    return AddressList.read([by]).allows(address);
  } catch (error) {
    if (error instanceof AddressListError) return false;
    throw error;
  }
}
