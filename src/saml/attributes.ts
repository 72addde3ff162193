import { release } from "../flow/release.ts";
import type { Account } from "../model/account.ts";
import type { ReleaseRule } from "../model/release.ts";
import { NAME_FORMAT } from "./namespaces.ts";
import { DEFAULT_RELEASE, SCOPED_ATTRIBUTES } from "./release-profiles.ts";
import { concatenated, isXmlText, type Xml, xml } from "./xml/writer.ts";

/** Name, format and label of an Attribute (SAML Core 2.7.3.1). */
interface Slot {
  readonly name: string;
  readonly nameFormat: string;
  readonly friendlyName: string | undefined;
  readonly startTag: Xml;
}

/** Where a rule's values go. */
interface Place {
  readonly slot: number;
  readonly isScoped: boolean;
}

/** One Attribute as it is sent. */
export interface SentAttribute extends Slot {
  readonly values: readonly string[];
}

export interface AttributesOfAccount {
  readonly attributes: readonly SentAttribute[];
  /** Names of the attributes of which a value was left out because XML cannot carry it; never the value. */
  readonly leftOut: readonly string[];
}

/** `@` with something on both sides, once: the scope says whose name space the value is of (eduPerson 1.3). */
const SCOPED_VALUE = /^[^@\s]+@[^@\s]+$/;

/**
 * The attributes of one application, prepared once. A mapping makes Attribute elements and nothing else: whatever
 * names it uses, it reaches neither NameID, Issuer nor Audience.
 */
export class AttributeForm {
  readonly #rules: readonly ReleaseRule[];
  /** One slot for a Name and NameFormat together: that pair is an attribute's identity (SAML Core 2.7.3.1). */
  readonly #slots: readonly Slot[];
  readonly #places: ReadonlyMap<ReleaseRule, Place>;

  /** Without rules: the default set. A rule whose name XML cannot carry is passed over; `releaseWarnings` names it. */
  constructor(rules: readonly ReleaseRule[]) {
    this.#rules = (rules.length === 0 ? DEFAULT_RELEASE : rules).filter(canBeNamed);
    const slots: Slot[] = [];
    const places = new Map<ReleaseRule, Place>();
    for (const rule of this.#rules) {
      const nameFormat = nameFormatOf(rule);
      const known = slots.findIndex((slot) => slot.name === rule.name && slot.nameFormat === nameFormat);
      const slot = known === -1 ? slots.length : known;
      places.set(rule, { slot, isScoped: SCOPED_ATTRIBUTES.includes(rule.name) });
      if (known === -1) slots.push(slotFor(rule, nameFormat));
    }
    this.#slots = slots;
    this.#places = places;
  }

  /** What this account would send: for the answer, and for an administrator's preview. */
  of(account: Account): AttributesOfAccount {
    const valuesOfSlots: (readonly string[])[] = [];
    const leftOut: string[] = [];
    for (const { rule, values: released } of release(this.#rules, account)) {
      const place = this.#places.get(rule);
      if (place === undefined) continue;
      const sendable = released.every(isXmlText) ? released : released.filter(isXmlText);
      if (sendable.length < released.length) leftOut.push(rule.name);
      const values = place.isScoped ? sendable.filter(isScoped) : sendable;
      const before = valuesOfSlots[place.slot];
      valuesOfSlots[place.slot] = before === undefined ? values : [...before, ...values];
    }
    const attributes: SentAttribute[] = [];
    for (const [index, slot] of this.#slots.entries()) {
      const values = valuesOfSlots[index] ?? [];
      if (values.length > 0) attributes.push({ ...slot, values });
    }
    return { attributes, leftOut };
  }
}

/** The AttributeStatement, or nothing: an empty one is against the schema (SAML Core 2.7.3). */
export function attributeStatement(attributes: readonly SentAttribute[]): Xml | undefined {
  if (attributes.length === 0) return undefined;
  const elements = attributes.map(({ startTag, values }) => {
    const [first, ...others] = values;
    const more = others.map((value) => xml`<saml:AttributeValue>${value}</saml:AttributeValue>`);
    return xml`${startTag}<saml:AttributeValue>${first}</saml:AttributeValue>${concatenated(more)}</saml:Attribute>`;
  });
  return xml`<saml:AttributeStatement>${concatenated(elements)}</saml:AttributeStatement>`;
}

/** What an administrator should know about a mapping: nothing here stops a sign-on. */
export function releaseWarnings(rules: readonly ReleaseRule[]): readonly string[] {
  const warnings = rules
    .filter((rule) => !canBeNamed(rule))
    .map(
      (rule) => `The attribute name ${JSON.stringify(rule.name)} cannot be sent: the rule is passed over.`,
    );
  const namesByLabel = new Map<string, Set<string>>();
  for (const { friendlyName, name } of rules) {
    if (friendlyName === undefined) continue;
    namesByLabel.set(friendlyName, (namesByLabel.get(friendlyName) ?? new Set()).add(name));
  }
  for (const [label, names] of namesByLabel) {
    // Some applications read FriendlyName as if it were the name, and see one of the two.
    if (names.size > 1) warnings.push(`${[...names].join(" and ")} have the same friendly name, ${label}.`);
  }
  return warnings;
}

function slotFor(rule: ReleaseRule, nameFormat: string): Slot {
  const label = rule.friendlyName;
  const friendlyName = label === undefined || !isXmlText(label) ? undefined : label;
  const attribute = friendlyName === undefined ? undefined : xml` FriendlyName="${friendlyName}"`;
  const startTag = xml`<saml:Attribute${attribute} Name="${rule.name}" NameFormat="${nameFormat}">`;
  return { name: rule.name, nameFormat, friendlyName, startTag };
}

function nameFormatOf(rule: ReleaseRule): string {
  return rule.nameFormat ?? (rule.name.startsWith("urn:") ? NAME_FORMAT.uri : NAME_FORMAT.basic);
}

/** NameFormat is a URI (SAML Core 2.7.3.1): anything else is against the schema. */
export function canBeNamed({ name, nameFormat }: Pick<ReleaseRule, "name" | "nameFormat">): boolean {
  return (
    name !== "" &&
    isXmlText(name) &&
    (nameFormat === undefined || /^[a-z][a-z0-9+.-]*:[!-~]+$/i.test(nameFormat))
  );
}

function isScoped(value: string): boolean {
  return SCOPED_VALUE.test(value);
}
