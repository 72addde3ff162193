import { timeParts } from "../http/presentation.ts";
import type { TokenLimits } from "../model/api-token.ts";
import { type LimitChange, limitChanges, type TokenReach } from "../tokens/acts/limit-changes.ts";
import type { TokenOffer } from "../tokens/api-tokens.ts";
import { describe, fromWhere, lowered, nameOfResource } from "./token-words.ts";

/** A token's name and what it may do, as it is or as it is to be. */
export interface NamedReach extends TokenReach {
  readonly name: string;
}

/** What a change means, sentence by sentence. All three empty: nothing is different. */
export interface ChangeWords {
  readonly wider: readonly string[];
  readonly narrower: readonly string[];
  /** Neither: its name. */
  readonly other: readonly string[];
}

export function changeWords(
  before: NamedReach,
  after: NamedReach,
  offers: readonly TokenOffer[],
): ChangeWords {
  const changes = limitChanges(before, after);
  const say = (direction: LimitChange["direction"]) =>
    changes
      .filter((change) => change.direction === direction)
      .map((change) => sentenceOf(change, before, after, offers));
  const isRenamed = before.name !== after.name;
  return {
    wider: say("wider"),
    narrower: say("narrower"),
    other: isRenamed ? [`It is called “${after.name}”, no longer “${before.name}”.`] : [],
  };
}

function sentenceOf(
  { field, direction, entries }: LimitChange,
  before: TokenReach,
  after: TokenReach,
  offers: readonly TokenOffer[],
): string {
  const isWider = direction === "wider";
  const listed = entries.join(", ");
  switch (field) {
    case "scopes": {
      const rights = entries.map((scope) => lowered(describe(scope, offers))).join("; ");
      return isWider ? `It may also: ${rights}.` : `It may no longer: ${rights}.`;
    }
    case "resources": {
      const names = entries.map((identifier) => nameOfResource(identifier, offers)).join(", ");
      return isWider ? `It may also speak to ${names}.` : `It may no longer speak to ${names}.`;
    }
    case "addresses":
      if (entries.length > 0)
        return isWider ? `It also works from ${listed}.` : `It no longer works from ${listed}.`;
      return `It works ${fromWhere(after.limits.addresses)}, no longer ${fromWhere(before.limits.addresses)}.`;
    case "methods":
      return used(isWider, listed, "with", "any method", after.limits.methods);
    case "pathPrefixes":
      return used(isWider, listed, "below", "any path", after.limits.pathPrefixes);
    case "perMinute":
      return often("a minute", before.limits.perMinute, after.limits.perMinute);
    case "perDay":
      return often("a day", before.limits.perDay, after.limits.perDay);
    case "binding":
      return bound(before.limits, after.limits);
    case "expiresAtMs":
      return isWider
        ? `It works until ${instant(after.expiresAtMs)}, not only until ${instant(before.expiresAtMs)}.`
        : `It ends on ${instant(after.expiresAtMs)} already, not on ${instant(before.expiresAtMs)}.`;
  }
}

function used(isWider: boolean, listed: string, how: string, any: string, after: readonly string[]): string {
  if (listed !== "") return isWider ? `It may also be used ${how} ${listed}.` : `No longer ${how} ${listed}.`;
  return isWider
    ? `It may be used ${how} ${any}.`
    : `Only ${how} ${after.join(", ")}, no longer ${how} ${any}.`;
}

function often(per: string, before: number | undefined, after: number | undefined): string {
  const was = before === undefined ? "no limit of its own" : before.toLocaleString("en");
  return after === undefined
    ? `It has no limit of its own in ${per} any more; before, it was ${was}.`
    : `It may be used ${after.toLocaleString("en")} times ${per}; before, it was ${was}.`;
}

function bound({ binding: before }: TokenLimits, { binding: after }: TokenLimits): string {
  if (after === undefined) return "It works without the key or certificate that it was bound to.";
  const what = after.kind === "dpop" ? "the key" : "the client certificate";
  return before === undefined
    ? `It works only together with ${what} ${after.thumbprint} from now on.`
    : `It works together with ${what} ${after.thumbprint}, and no longer with what it was bound to.`;
}

function instant(atMs: number): string {
  return timeParts(atMs, "date-time").text;
}
