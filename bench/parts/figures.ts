/** What one round of load on a server came to. */
export interface Round {
  readonly count: number;
  /** Operations a second. */
  readonly rate: number;
  /** CPU time of the server's processes for each operation, in microseconds. */
  readonly cpuMicros: number;
  /** Latency in milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly longestMs: number;
  /** Operations that the server put off; they are in no other figure. */
  readonly deferred: number;
}

/** The middle value; of two middle ones the lower. An empty list is a mistake of the caller. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined) throw new Error("the median of nothing");
  return middle;
}

/** The median of what `value` finds in the rounds; undefined where it finds nothing. */
export function medianOf<T>(
  rounds: readonly T[],
  value: (round: T) => number | undefined,
): number | undefined {
  const found = rounds.map(value).filter((one) => one !== undefined);
  return found.length === 0 ? undefined : median(found);
}

/** The value below which the share `part` (0 to 1) of the sorted values lies. */
export function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

/** A table for the terminal: the first column to the left, numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ");
  return [line(head), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}

/** Two digits behind the point below ten, none above a hundred. */
export function shown(value: number): string {
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}
