import type { Request, Response } from "express";
import { sendRefused } from "../account/token-page-endpoint.ts";
import { noSuchToken } from "../account/token-problems.ts";
import { browserOf } from "../http/browser.ts";
import { isFreshLogin, toFreshLogin } from "../http/fresh-login.ts";
import type { TokenActor, TokenFacts, TokenRefused } from "../tokens/token-act.ts";
import type { OwnerNameParts } from "./admin-token-owner.ts";
import { ADMIN_PATH, type AdminParts, ownerOf } from "./owner-endpoint.ts";

/** Who acts, and how fresh their login is. */
export function adminTokenActor(request: Request): TokenActor {
  const { id, username } = ownerOf(request);
  const { address, session } = browserOf(request);
  const freshSinceMs = session?.authentication.instantMs;
  return { kind: "account", id, name: username, address, freshSinceMs };
}

/** True where the owner's login is fresh enough for what makes a secret; otherwise the browser is on its way to log in. */
export function isFreshOwner(parts: AdminParts, request: Request, response: Response, path: string): boolean {
  const { session } = browserOf(request);
  const { freshLoginMs } = parts.tokenPages.tokenPolicy;
  if (session !== undefined && isFreshLogin(session, parts.acts.clock.nowMs(), freshLoginMs)) return true;
  toFreshLogin(parts.replySender, request, response, ADMIN_PATH + path);
  return false;
}

/** The token of the address; otherwise the answer is sent. */
export async function tokenOf(
  parts: AdminParts,
  request: Request,
  response: Response,
): Promise<TokenFacts | undefined> {
  const { id } = request.params;
  const actor = adminTokenActor(request);
  const token =
    typeof id === "string" ? await parts.tokenPages.tokens.get(actor, id.slice(0, 100)) : undefined;
  if (token === undefined) parts.replySender.problem(request, response, noSuchToken());
  return token;
}

/** Why an act was not done; a login that is too old leads to the login and back to `path`. */
export function sendTokenRefused(
  parts: AdminParts,
  request: Request,
  response: Response,
  refused: TokenRefused,
  path: string,
): void {
  sendRefused(parts, request, response, refused, ADMIN_PATH + path);
}

export function ownerNameParts(parts: AdminParts): OwnerNameParts {
  return { accounts: parts.acts.store.accounts, applications: parts.applications };
}
