import type { Parameters } from "../../http/parameters.ts";
import { OAuthError } from "../oauth-error.ts";

/**
 * Whom the access token is for: the resources that were granted, or those of them that `resource` names (RFC 8707
 * 2.2); without any, ourselves. Throws `OAuthError` (invalid_target) for one that was not granted.
 */
export function requestedAudience(
  parameters: Parameters,
  granted: readonly string[],
  issuer: string,
): readonly string[] {
  const resource = parameters.get("resource");
  if (
    parameters.repeated(["resource"]).length > 0 ||
    (resource !== undefined && !granted.includes(resource))
  ) {
    throw new OAuthError("invalid_target", "resource names something that was not granted");
  }
  if (resource !== undefined) return [resource];
  return granted.length > 0 ? granted : [issuer];
}
