import { z } from "zod";

/** A row that does not read back into the model: damaged, or written by a version that knows more than this one. */
export class BrokenRecord extends Error {
  constructor(what: string) {
    super(what);
    this.name = "BrokenRecord";
  }
}

/** Reads a JSON column through a schema. `what` names the record; throws BrokenRecord with it and the field. */
export function readJson<T>(schema: z.ZodType<T>, text: string, what: string): T {
  const parsed = schema.safeParse(parse(text, what));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new BrokenRecord(`${what}: ${issue?.path.join(".") || "value"}: ${issue?.message ?? "not readable"}`);
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BrokenRecord(`${what}: not JSON`);
  }
}

/** A JSON array of texts. */
export const Texts = z.array(z.string());

/** A switch as both databases keep it. */
export function toFlag(value: boolean): number {
  return value ? 1 : 0;
}
