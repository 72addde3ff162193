import type { Account } from "../model/account.ts";
import type { AccountField, ReleasedAttribute, ReleaseRule, ReleaseSource } from "../model/release.ts";

/**
 * Which attributes and claims an application gets: one mapping language for both protocols, plain data without
 * expressions that could run anything. A rule without a value is left out, never sent empty.
 */
export function release(rules: readonly ReleaseRule[], account: Account): readonly ReleasedAttribute[] {
  const released: ReleasedAttribute[] = [];
  for (const rule of rules) {
    const values = valuesOf(rule.source, account);
    if (values.length > 0) released.push({ rule, values });
  }
  return released;
}

function valuesOf(source: ReleaseSource, account: Account): readonly string[] {
  switch (source.kind) {
    case "account":
      return accountValues(source.field, account);
    case "attribute":
      // Object.hasOwn: an attribute named "constructor" must not find Object.prototype.
      return Object.hasOwn(account.attributes, source.name) ? (account.attributes[source.name] ?? []) : [];
    case "constant":
      return source.values;
    case "join": {
      const parts = source.sources.flatMap((part) => valuesOf(part, account).slice(0, 1));
      return parts.length === 0 ? [] : [parts.join(source.separator)];
    }
    case "first": {
      for (const candidate of source.sources) {
        const values = valuesOf(candidate, account);
        if (values.length > 0) return values;
      }
      return [];
    }
    case "groups": {
      const prefix = source.prefix ?? "";
      const groups = account.groups.filter((group) => group.startsWith(prefix));
      return source.stripPrefix === true ? groups.map((group) => group.slice(prefix.length)) : groups;
    }
  }
}

function accountValues(field: AccountField, account: Account): readonly string[] {
  switch (field) {
    case "groups":
      return account.groups;
    case "emailVerified":
      return account.email === undefined ? [] : [String(account.emailVerified)];
    case "id":
    case "username":
    case "role":
      return [account[field]];
    case "email":
    case "name":
    case "givenName":
    case "familyName":
    case "phone": {
      const value = account[field];
      return value === undefined || value === "" ? [] : [value];
    }
  }
}
