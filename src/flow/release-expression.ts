import type { AccountField, ReleaseSource } from "../model/release.ts";

/** Why a text is no source, as a sentence that an administrator can act on. */
export interface NotASource {
  readonly problem: string;
}

export const ACCOUNT_FIELDS: readonly AccountField[] = [
  "id",
  "username",
  "email",
  "emailVerified",
  "name",
  "givenName",
  "familyName",
  "phone",
  "role",
  "groups",
];

const LONGEST = 1000;
const DEPTH = 5;
const TOKEN = /\s*(?:(?<word>[A-Za-z]+)|(?<quoted>"(?:[^"\\]|\\.)*")|(?<sign>[(),]))/y;

/**
 * Reads where a value comes from: a field (`email`), `attribute("department")`, `constant("a", "b")`, `groups("app-")`,
 * `groupsWithout("app-")` (the prefix cut off), `join(" ", givenName, familyName)`, `first(email, username)`. There are
 * no operators, no patterns and no code in it: an expression can cost no more than the values that it names.
 */
export function parseSource(text: string): ReleaseSource | NotASource {
  if (text.length > LONGEST) return { problem: `It is longer than ${LONGEST} characters.` };
  try {
    const reader = new Reader(text);
    const source = readSource(reader, 0);
    reader.end();
    return source;
  } catch (error) {
    if (error instanceof WrongSource) return { problem: error.message };
    throw error;
  }
}

/** The text that `parseSource` reads back into the same source. */
export function printSource(source: ReleaseSource): string {
  switch (source.kind) {
    case "account":
      return source.field;
    case "attribute":
      return `attribute(${JSON.stringify(source.name)})`;
    case "constant":
      return `constant(${source.values.map((value) => JSON.stringify(value)).join(", ")})`;
    case "join":
      return `join(${[JSON.stringify(source.separator), ...source.sources.map(printSource)].join(", ")})`;
    case "first":
      return `first(${source.sources.map(printSource).join(", ")})`;
    case "groups": {
      if (source.prefix === undefined || source.prefix === "") return "groups";
      const name = source.stripPrefix === true ? "groupsWithout" : "groups";
      return `${name}(${JSON.stringify(source.prefix)})`;
    }
  }
}

class WrongSource extends Error {}

/** The words, texts and signs of an expression, one after the other. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  word(): string {
    const word = this.#take()?.["word"];
    if (word === undefined)
      throw this.#wrong("the name of a field, or attribute, constant, groups, join or first");
    return word;
  }

  quoted(): string {
    const quoted = this.#take()?.["quoted"];
    if (quoted === undefined) throw this.#wrong('a text between quotation marks, such as "department"');
    try {
      const value: unknown = JSON.parse(quoted);
      if (typeof value === "string") return value;
    } catch {
      // Said below.
    }
    throw new WrongSource(`${quoted} is not a text: write a backslash as \\\\ and a quotation mark as \\".`);
  }

  /** Takes the sign where it comes next. */
  accepts(sign: string): boolean {
    const before = this.#at;
    if (this.#take()?.["sign"] === sign) return true;
    this.#at = before;
    return false;
  }

  demand(sign: string): void {
    if (!this.accepts(sign)) throw this.#wrong(`“${sign}”`);
  }

  end(): void {
    if (this.#text.slice(this.#at).trim() !== "") throw this.#wrong("the end");
  }

  #take(): Readonly<Record<string, string | undefined>> | undefined {
    const token = new RegExp(TOKEN);
    token.lastIndex = this.#at;
    const found = token.exec(this.#text);
    if (found !== null) this.#at = token.lastIndex;
    return found?.groups;
  }

  #wrong(expected: string): WrongSource {
    const rest = this.#text.slice(this.#at).trim();
    const where = rest === "" ? "at its end" : `before “${rest.slice(0, 30)}”`;
    return new WrongSource(`It cannot be read ${where}: ${expected} is expected.`);
  }
}

function readSource(reader: Reader, depth: number): ReleaseSource {
  if (depth > DEPTH) throw new WrongSource(`More than ${DEPTH} of these inside each other are not read.`);
  const word = reader.word();
  const isCall = reader.accepts("(");
  const field = ACCOUNT_FIELDS.find((known) => known === word);
  if (!isCall) {
    if (field === "groups") return { kind: "groups" };
    if (field !== undefined) return { kind: "account", field };
    throw new WrongSource(`There is no field “${word}”. There are ${ACCOUNT_FIELDS.join(", ")}.`);
  }
  const source = readCall(reader, word, depth);
  reader.demand(")");
  return source;
}

function readCall(reader: Reader, word: string, depth: number): ReleaseSource {
  const inner = () => readSource(reader, depth + 1);
  switch (word) {
    case "attribute":
      return { kind: "attribute", name: reader.quoted() };
    case "constant":
      return { kind: "constant", values: listOf(reader, () => reader.quoted()) };
    case "groups":
      return { kind: "groups", prefix: reader.quoted() };
    case "groupsWithout":
      return { kind: "groups", prefix: reader.quoted(), stripPrefix: true };
    case "first":
      return { kind: "first", sources: listOf(reader, inner) };
    case "join": {
      const separator = reader.quoted();
      reader.demand(",");
      return { kind: "join", separator, sources: listOf(reader, inner) };
    }
    default:
      throw new WrongSource(`There is no “${word}(…)”.`);
  }
}

function listOf<T>(reader: Reader, read: () => T): readonly T[] {
  const items = [read()];
  while (reader.accepts(",")) items.push(read());
  return items;
}
