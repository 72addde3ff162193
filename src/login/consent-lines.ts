import { hash } from "node:crypto";
import type { Decision } from "../decision/decision.ts";
import { release } from "../flow/release.ts";
import type { Account } from "../model/account.ts";
import type { Application } from "../model/application.ts";
import type { ReleaseRule } from "../model/release.ts";
import type { ResourceScope } from "../model/resource.ts";
import type { SignOnRequest } from "../model/sign-on-request.ts";

/** One line of the consent page: what the application gets by one scope. */
export interface ConsentLine {
  readonly scope: string;
  readonly title: string;
  /** The values that will be sent, or what the scope lets the application do. */
  readonly text: string;
  /** The person may leave it out: its box is ticked, and they take the tick away. */
  readonly optional: boolean;
  /** They left it out before, and are asked again (`prompt=consent`): a no is not turned into a yes for them. */
  readonly declined: boolean;
}

const TITLES: Readonly<Record<string, string>> = {
  profile: "Your name",
  email: "Your e-mail address",
  phone: "Your telephone number",
  address: "Your address",
  groups: "Your groups",
  offline_access: "Access while you are away",
};

/** A scope that a resource declares, and the resource's name; undefined for every other scope. */
export type FindResourceScope = (
  scope: string,
) => (ResourceScope & { readonly resource: { readonly name: string } }) | undefined;

/** What a scope is called where people read of it, outside its application. */
export function scopeTitle(scope: string, find: FindResourceScope): string {
  const declared = find(scope);
  if (declared !== undefined) return `${declared.description} (${declared.resource.name})`;
  return Object.hasOwn(TITLES, scope) ? (TITLES[scope] ?? scope) : scope;
}

/** Without these an application that asks for them does not know whom it has before it. */
const ALWAYS = new Set(["profile", "email"]);

/** What is asked, and what of it was declined before. */
export type ConsentStep = Omit<Extract<Decision, { readonly kind: "consent" }>, "kind">;

/** What the words of the lines come from. */
export interface ConsentSources {
  /** The application's, or the protocol's default ones. */
  readonly rules: readonly ReleaseRule[];
  readonly resourceScope: FindResourceScope;
}

/** The lines for the scopes that are still to be asked. */
export function consentLines(
  { to, declined = [] }: ConsentStep,
  application: Application,
  account: Account,
  { rules, resourceScope }: ConsentSources,
): readonly ConsentLine[] {
  return to.map((scope) => ({
    scope,
    title: resourceScope(scope)?.description ?? scopeTitle(scope, resourceScope),
    text: resourceText(scope, application, resourceScope) ?? textOf(scope, application, account, rules),
    optional: !ALWAYS.has(scope),
    declined: declined.includes(scope),
  }));
}

/** What a scope of a resource opens, and to whom. */
function resourceText(scope: string, application: Application, find: FindResourceScope): string | undefined {
  const resource = find(scope)?.resource;
  return resource && `A permission at ${resource.name}, which ${application.name} then has in your name`;
}

function textOf(
  scope: string,
  application: Application,
  account: Account,
  rules: readonly ReleaseRule[],
): string {
  if (scope === "offline_access") {
    // OpenID Connect Core 11 wants a consent, which is one where the line says what it means and can be left out.
    return `${application.name} goes on reading what you allow it after you have logged out, until you take it back under “What I allowed”. Without the tick, that ends when you log out.`;
  }
  const own = rules.filter((rule) => rule.scope === scope);
  const values = release(own, account).flatMap((released) => released.values);
  // "true" says nothing to a person, and a value that is sent under two names is still one value.
  const shown = [...new Set(values)].filter((value) => value !== "true" && value !== "false");
  if (shown.length > 0) return shown.join(", ");
  return own.length > 0 ? "Nothing is stored about this" : `A permission at ${application.name}`;
}

/**
 * What was on the page, as a hash that goes through the form. What is allowed is compared with it: a scope that came in,
 * or a value that changed, between showing and answering was not consented to.
 */
export function shownHash(request: SignOnRequest, account: Account, lines: readonly ConsentLine[]): string {
  const shown = lines.map(({ scope, title, text, optional }) => [scope, title, text, optional]);
  return hash("sha256", JSON.stringify([request.id, request.applicationId, account.id, shown]), "base64url");
}
