/**
 * The parameters of a query or of a form body, read once from the raw text. A repeated name is kept as a fact, not
 * resolved: two parsers that pick different ones are how a forged message gets past a signature.
 */
export class Parameters {
  /** The text they were read from, exactly as it was sent. */
  readonly raw: string;
  readonly #values = new Map<string, string>();
  readonly #further = new Map<string, string[]>();

  private constructor(raw: string) {
    this.raw = raw;
  }

  /**
   * Reads `application/x-www-form-urlencoded` text. Returns undefined when a percent-encoding is broken or is not
   * UTF-8, or when there are more than 200 parameters.
   */
  static read(raw: string): Parameters | undefined {
    const parameters = new Parameters(raw);
    const pairs = raw === "" ? [] : raw.split("&");
    if (pairs.length > 200) return undefined;
    for (const pair of pairs) {
      if (pair === "") continue;
      const cut = pair.indexOf("=");
      const name = decode(cut === -1 ? pair : pair.slice(0, cut));
      const value = decode(cut === -1 ? "" : pair.slice(cut + 1));
      if (name === undefined || value === undefined) return undefined;
      parameters.#add(name, value);
    }
    return parameters;
  }

  /** The first value; an empty one counts as absent (RFC 6749 3.1). */
  get(name: string): string | undefined {
    const value = this.#values.get(name);
    return value === "" ? undefined : value;
  }

  /** Every value of the one kind of parameter that may come again, without empty ones (RFC 8707 2). */
  all(name: string): readonly string[] {
    const first = this.#values.get(name);
    if (first === undefined) return [];
    return [first, ...(this.#further.get(name) ?? [])].filter((value) => value !== "");
  }

  /** True also for an empty value. */
  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** Which of these names came more than once. */
  repeated(names: readonly string[]): readonly string[] {
    return names.filter((name) => this.#further.has(name));
  }

  names(): readonly string[] {
    return [...this.#values.keys()];
  }

  #add(name: string, value: string): void {
    if (!this.#values.has(name)) this.#values.set(name, value);
    else if (this.#further.has(name)) this.#further.get(name)?.push(value);
    else this.#further.set(name, [value]);
  }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}
