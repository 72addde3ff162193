import type { XmlElement } from "./xml/element.ts";

/** What became of one element: refused and warning are for the administrator to look at. */
export type Verdict = "accepted" | "ignored" | "refused" | "warning";

/** One line of the report on a metadata file. Texts are plain; they may quote the file and are shown as text. */
export interface ReportLine {
  /** From 1; undefined for what is missing from the file, or where the file could not be read at all. */
  readonly line: number | undefined;
  /** `AssertionConsumerService index="1"`. */
  readonly element: string;
  readonly verdict: Verdict;
  /** What it says and what is made of it. */
  readonly text: string;
  /** What to do about it on the other side, where something is to be done. */
  readonly consequence?: string | undefined;
}

/** Where an element stands, as the administrator finds it again. */
export interface Place {
  readonly line: number | undefined;
  readonly element: string;
}

const VALUE_CHARACTERS = 200;

/** Gathers the lines in the order in which the file is read. */
export class MetadataReport {
  readonly #lines: ReportLine[] = [];

  get lines(): readonly ReportLine[] {
    return this.#lines;
  }

  /** True while nothing was found that forbids to register the application. */
  isUsable = true;

  add(place: Place, verdict: Verdict, text: string, consequence?: string): void {
    this.#lines.push({ ...place, verdict, text, consequence });
  }

  /** Refused, and with it the whole file. */
  fail(place: Place, text: string, consequence?: string): void {
    this.isUsable = false;
    this.add(place, "refused", text, consequence);
  }
}

/** An element by its name and the attributes that tell it from its siblings. */
export function placeOf(element: XmlElement, ...shown: readonly string[]): Place {
  const attributes = element.attributes
    .filter(({ localName, namespace }) => namespace === "" && shown.includes(localName))
    .map(({ localName, value }) => ` ${localName}="${quoted(value)}"`);
  return {
    line: element.line === 0 ? undefined : element.line,
    element: element.localName + attributes.join(""),
  };
}

export function missing(element: string): Place {
  return { line: undefined, element };
}

/** A value of the file within a sentence: cut short, and on one line. */
export function quoted(value: string): string {
  const oneLine = value.replace(/\s+/g, " ").trim();
  return oneLine.length <= VALUE_CHARACTERS ? oneLine : `${oneLine.slice(0, VALUE_CHARACTERS - 1)}…`;
}

/** `14 December 2026`, in UTC. */
export function day(ms: number): string {
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" }).format(ms);
}
