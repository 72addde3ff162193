import { ConfigError } from "./config.ts";
import { GivenKeyError } from "./keys/given-keys.ts";
import { SealBroken } from "./keys/sealing.ts";
import { Unavailable } from "./platform/unavailable.ts";

/** One clear line for what keeps the server, the demo or the command from starting. */
export function describeStartError(error: unknown): string {
  if (error instanceof ConfigError || error instanceof GivenKeyError || error instanceof SealBroken) {
    return error.message;
  }
  if (error instanceof Unavailable) {
    const cause = error.cause instanceof Error ? error.cause.message : undefined;
    return cause === undefined ? error.message : `${error.message}: ${cause}`;
  }
  if (error instanceof Error && "code" in error) {
    if (error.code === "EADDRINUSE" && "port" in error) {
      return `port ${String(error.port)} is in use: end what listens there, or set PORT`;
    }
    if (error.code === "EACCES") return `not permitted: ${error.message}`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
