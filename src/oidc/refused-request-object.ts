import { Parameters } from "../http/parameters.ts";
import { readCompactJws } from "./compact-jws.ts";

/** What belongs to the way back of an error, and grants nothing. The address is not among it. */
const WAY_BACK = ["response_mode", "state"];

/**
 * The parameters with what the refused `request` says about the way back and they do not. A client that put everything
 * into its request object (OpenID Connect Core 6.1) waits for the error where that says, not where the default leads.
 * Its signature is not looked at: whoever can write the object could have written both values beside it. Where it cannot
 * be read, or came twice, the parameters stay as they are.
 */
export function withWayBack(parameters: Parameters): Parameters {
  const object = parameters.get("request");
  if (object === undefined || parameters.repeated(["request"]).length > 0) return parameters;
  const claims = readCompactJws(object)?.claims ?? {};
  const added = new URLSearchParams();
  for (const name of WAY_BACK) {
    const value = claims[name];
    if (typeof value === "string" && !parameters.has(name)) added.set(name, value);
  }
  return Parameters.read(`${parameters.raw}&${added.toString()}`) ?? parameters;
}
