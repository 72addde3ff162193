import type { Request, Response } from "express";
import { PATHS } from "../flow/endpoints.ts";
import type { Session } from "../model/session.ts";
import type { ReplySender } from "./reply-sender.ts";

/** Asks the login page to ask again, whoever is logged in. */
export const AGAIN_PARAMETER = "again";

/**
 * True where the person proved who they are within the last `withinMs`. A proof in the future is none: the clock was set
 * back since, and nobody knows how old it is.
 */
export function isFreshLogin(session: Session, nowMs: number, withinMs: number): boolean {
  const ageMs = nowMs - session.authentication.instantMs;
  return ageMs >= -1_000 && ageMs <= withinMs;
}

/** Sends the browser to the login page, which asks once more, and back to `path`, a path of ours. */
export function toFreshLogin(
  replySender: ReplySender,
  request: Request,
  response: Response,
  path: string,
): void {
  const to = `${PATHS.login}?${AGAIN_PARAMETER}=1&next=${encodeURIComponent(path)}`;
  replySender.outcome(request, response, { kind: "go", to });
}
