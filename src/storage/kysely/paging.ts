import { z } from "zod";
import type { Page } from "../page.ts";

const LIMIT_AT_MOST = 1_000;

/** Checks a page's size. Throws RangeError: a list without a bound is a way to fill the memory. */
export function pageLimit(limit: number): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_AT_MOST) {
    throw new RangeError(`a page has 1 to ${LIMIT_AT_MOST} items`);
  }
  return limit;
}

/** A page of a list that was asked for one row more than fits: that one only says that there is a next page. */
export function pageOf<R, T>(
  rows: readonly R[],
  limit: number,
  total: number,
  read: (row: R) => T,
  cursor: (row: R) => string,
): Page<T> {
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    items: rows.slice(0, limit).map(read),
    next: last === undefined ? undefined : cursor(last),
    total,
  };
}

/** The cursor of a list that is ordered by a unique text. */
export function textCursor(last: string): string {
  return Buffer.from(JSON.stringify([last])).toString("base64url");
}

const TextCursor = z.tuple([z.string().max(1_000)]);

/** Reads a cursor that came back from outside. Throws RangeError when it is not one that `textCursor` makes. */
export function readTextCursor(after: string): string {
  const parsed = TextCursor.safeParse(parseJson(after));
  if (!parsed.success) throw new RangeError("the cursor is not one of ours");
  const [last] = parsed.data;
  if (textCursor(last) !== after) throw new RangeError("the cursor is not one of ours");
  return last;
}

function parseJson(after: string): unknown {
  try {
    return JSON.parse(Buffer.from(after, "base64url").toString());
  } catch {
    throw new RangeError("the cursor is not one of ours");
  }
}

/** Reads the cursor of a list that is ordered by a row's number. Throws RangeError. */
export function readNumberCursor(after: string): number {
  if (!/^[1-9]\d{0,14}$/.test(after)) throw new RangeError("the cursor is not one of ours");
  return Number(after);
}

/** A LIKE pattern (with `escape '\'`) for "contains this", in lower case; the text's own % and _ mean themselves. */
export function containsPattern(search: string): string {
  return `%${search.toLowerCase().replaceAll(/[\\%_]/g, "\\$&")}%`;
}

/** What a search looks through: the texts in lower case, one a line. */
export function searchText(texts: readonly (string | null | undefined)[]): string {
  return texts
    .filter((text) => text !== undefined && text !== null)
    .join("\n")
    .toLowerCase();
}
