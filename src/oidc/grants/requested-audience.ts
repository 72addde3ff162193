import type { Parameters } from "../../http/parameters.ts";
import type { OidcApplication } from "../../model/application.ts";
import type { Audiences } from "../audiences.ts";
import { OAuthError } from "../oauth-error.ts";

/** What the person granted: resources (empty: ourselves), and scopes. */
export interface GrantedTargets {
  readonly resources: readonly string[];
  readonly scopes: readonly string[];
}

/**
 * Whom the access token is for: the resources that were granted, or those of them that `resource` names (RFC 8707
 * 2.2). With `openid`, or where no resource was granted, ourselves may be named too: UserInfo takes no other token.
 * What was closed to the client since the grant is left out, and an error where it was named. Throws `OAuthError`
 * (invalid_target).
 */
export function requestedAudience(
  audiences: Audiences,
  application: OidcApplication,
  parameters: Parameters,
  { resources, scopes }: GrantedTargets,
): readonly string[] {
  const ours = resources.length === 0 || scopes.includes("openid") ? [audiences.issuer] : [];
  const granted = [...resources, ...ours].filter((one) => audiences.isOpen(application, one));
  const named = [...new Set(parameters.all("resource"))];
  if (!named.every((one) => granted.includes(one))) {
    throw new OAuthError("invalid_target", "resource names something that was not granted");
  }
  if (named.length > 0) return named;
  const open = granted.filter((one) => resources.includes(one));
  if (open.length === 0 && resources.length > 0) {
    throw new OAuthError("invalid_target", "what was granted is not to be had any more");
  }
  return open.length > 0 ? open : [audiences.issuer];
}
