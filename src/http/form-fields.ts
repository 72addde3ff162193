import type { ZodType } from "zod";
import { BodyRefused } from "./form-body.ts";
import type { Parameters } from "./parameters.ts";

/**
 * A form of ours as one typed value. The forms of our pages name each field once, and nothing in them is optional to
 * get right: a repeated or misshapen field is not from our page, and is refused with 400 (`BodyRefused`).
 */
export function readForm<T>(parameters: Parameters, shape: ZodType<T>): T {
  const names = parameters.names();
  if (parameters.repeated(names).length > 0) throw new BodyRefused(400, "a form's field came twice");
  const fields = Object.fromEntries(names.map((name) => [name, parameters.get(name)]));
  const read = shape.safeParse(fields);
  if (!read.success) throw new BodyRefused(400, "a form's field has a value that our page does not send");
  return read.data;
}
