/** One figure of a run, as the JSON and the last table have it. */
export interface Figure {
  /** Group and name in the JSON, such as `saml.cpuInSignatures`. */
  readonly name: string;
  /** What it is, with its unit. */
  readonly what: string;
  /** undefined where it could not be measured: a peer or a program is not there. */
  readonly value: number | undefined;
  /** The target, where there is one. */
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** What a part of the bench found: for whoever reads, and for a machine. */
export interface Section {
  readonly text: string;
  readonly figures: readonly Figure[];
}

/** Whether a figure reaches its target; undefined without a target or a value. */
export function isReached({ value, atMost, atLeast }: Figure): boolean | undefined {
  if (value === undefined || (atMost === undefined && atLeast === undefined)) return undefined;
  return value <= (atMost ?? Number.POSITIVE_INFINITY) && value >= (atLeast ?? Number.NEGATIVE_INFINITY);
}

/** The target in words; undefined without one. */
export function targetOf({ atMost, atLeast }: Figure): string | undefined {
  if (atMost !== undefined) return `at most ${atMost}`;
  return atLeast === undefined ? undefined : `at least ${atLeast}`;
}
