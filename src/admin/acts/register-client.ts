import type { OidcApplication } from "../../model/application.ts";
import { type ClientInput, ClientRefused } from "../../oidc/client-input.ts";
import { type NewClient, newClient } from "../../oidc/register-client.ts";
import type { Actor } from "../actor.ts";
import { type ActParts, type ActResult, type Issue, recorded, type Refused } from "./act.ts";
import { type ClientActParts, resourceIssues } from "./change-client.ts";

/** What is said about a new client; its keys are checked as they came. */
export type RegisterClientInput = Omit<ClientInput, "jwks"> & { readonly jwks?: unknown };

/**
 * Registers an OpenID Connect client. The secret, where its method has one, is in the result and nowhere else: of it
 * only a hash and the last four characters are stored.
 */
export async function registerClient(
  parts: ClientActParts,
  actor: Actor,
  input: RegisterClientInput,
): Promise<ActResult<{ readonly application: OidcApplication; readonly clientSecret: string | undefined }>> {
  const made = make(parts, input);
  if ("issues" in made) return invalid(made.issues);
  const { application, clientSecret } = made;
  const unknown = await resourceIssues(parts, application);
  if (unknown.length > 0) return invalid(unknown);
  const entry = {
    action: "application.registered",
    targetKind: "application",
    targetId: application.id,
    targetName: application.name,
    detail: { protocol: "oidc", profile: application.profile, method: application.authenticationMethod },
  } as const;
  return await recorded(parts, actor, entry, async () => {
    await parts.store.applications.insert(application);
    await parts.announce("applications");
    return { ok: true, application, clientSecret };
  });
}

function make(
  { random, clock }: ActParts,
  input: RegisterClientInput,
): NewClient | { readonly issues: readonly Issue[] } {
  try {
    return newClient(input, { random, nowMs: clock.nowMs() });
  } catch (error) {
    if (error instanceof ClientRefused) return { issues: error.issues };
    throw error;
  }
}

function invalid(issues: readonly Issue[]): Refused {
  return { ok: false, code: "invalid", message: issues.map(sentenceOf).join(" "), issues };
}

function sentenceOf({ field, text }: Issue): string {
  return field === "" ? text : `${field}: ${text}`;
}
