import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { UsageError } from "./command.ts";

/** Reads options with node:util, with its errors as usage errors. Unknown options are refused. */
export function readOptions<const T extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: T,
  positionals: { readonly name: string } | undefined,
): {
  readonly values: ReturnType<typeof parse<T>>["values"];
  readonly positional: string;
} {
  const parsed = attempt(() => parse(args, options));
  const [positional, ...more] = parsed.positionals;
  if (positionals === undefined && positional !== undefined) throw new UsageError(`what is "${positional}"?`);
  if (more.length > 0) throw new UsageError(`what is "${more.join(" ")}"?`);
  if (positionals !== undefined && positional === undefined)
    throw new UsageError(`${positionals.name} is missing`);
  return { values: parsed.values, positional: positional ?? "" };
}

function parse<const T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) {
  return parseArgs({ args: [...args], options, allowPositionals: true, allowNegative: true, strict: true });
}

function attempt<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Node's first sentence says what is wrong; the rest is about how to quote.
    throw new UsageError(message.split(". ")[0] ?? message);
  }
}

/** The value of an option that must be one of these words. */
export function oneOf<const T extends string>(
  name: string,
  value: string | undefined,
  words: readonly T[],
): T | undefined {
  if (value === undefined) return undefined;
  const found = words.find((word) => word === value);
  if (found === undefined)
    throw new UsageError(`--${name} must be one of ${words.join(", ")}, not "${value}"`);
  return found;
}

/** The groups whose members may use an application; undefined where none was named. */
export function accessOf(
  groups: readonly string[] | undefined,
): { kind: "groups"; groups: string[] } | undefined {
  return groups === undefined ? undefined : { kind: "groups", groups: [...groups] };
}
