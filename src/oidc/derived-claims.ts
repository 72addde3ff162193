import { release } from "../flow/release.ts";
import type { Account } from "../model/account.ts";
import type { OidcApplication } from "../model/application.ts";
import type { ReleaseRule } from "../model/release.ts";

/** A standard claim that is no text, so that no line of a mapping can say it (OpenID Connect Core 5.1). */
export interface DerivedClaim {
  readonly name: string;
  /** The scope that brings it (5.4). */
  readonly scope: string;
  /** undefined: it is left out. */
  readonly valueOf: (account: Account) => unknown;
}

/** The members of the `address` claim (Core 5.1.1), each from the account's attribute of that name. */
export const ADDRESS_MEMBERS: readonly string[] = [
  "formatted",
  "street_address",
  "locality",
  "region",
  "postal_code",
  "country",
];

const ADDRESS: DerivedClaim = { name: "address", scope: "address", valueOf: addressOf };

const READY_MADE: readonly DerivedClaim[] = [
  ADDRESS,
  // Seconds, like every instant on this wire.
  { name: "updated_at", scope: "profile", valueOf: ({ updatedAtMs }) => Math.floor(updatedAtMs / 1_000) },
  // Nobody's number is verified here, and beside a number its absence could be read as either.
  {
    name: "phone_number_verified",
    scope: "phone",
    valueOf: ({ phone }) => (phone === undefined || phone === "" ? undefined : false),
  },
];

/** Those of an application: a mapping of its own says all that is sent, but it cannot say an address. */
export function derivedClaims(application: OidcApplication): readonly DerivedClaim[] {
  return application.release.length > 0 ? [ADDRESS] : READY_MADE;
}

/** The names of all of them, for discovery. */
export function derivedClaimNames(): readonly string[] {
  return READY_MADE.map(({ name }) => name);
}

function addressOf(account: Account): Readonly<Record<string, string>> | undefined {
  const rules = ADDRESS_MEMBERS.map(
    (name): ReleaseRule => ({ name, source: { kind: "attribute", name }, multiValued: false }),
  );
  const members = release(rules, account).flatMap(({ rule, values }) =>
    values[0] === undefined ? [] : [[rule.name, values[0]] as const],
  );
  return members.length === 0 ? undefined : Object.fromEntries(members);
}
