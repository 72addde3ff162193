import type { Readable } from "node:stream";

/** One subcommand of `gatehouse`. */
export interface Command {
  /** What is typed after `gatehouse`, such as `app add-saml`. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** The text of `--help`: usage, options, what it prints. */
  readonly help: string;
  /**
   * Does it and returns what is printed as JSON. Throws `UsageError` for options that make no sense, `RefusedInput`
   * for input that was understood and is refused.
   */
  run(args: readonly string[], surroundings: Surroundings): Promise<unknown>;
}

/** What a command sees of the process it runs in. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  /** Writes one line to standard error. */
  readonly say: (line: string) => void;
  /** The operating system's name for whoever runs it, for the audit trail. */
  readonly user: string;
}

/** The options make no sense: exit status 2, with a pointer to `--help`. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

/** The input was understood and is refused: exit status 1. The message is one line. */
export class RefusedInput extends Error {
  constructor(message: string) {
    super(message);
    this.name = "RefusedInput";
  }
}
