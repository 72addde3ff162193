import { z } from "zod";
import { parseSource, printSource } from "../../flow/release-expression.ts";
import type { KeyRing } from "../../keys/key-ring.ts";
import type { SamlApplication } from "../../model/application.ts";
import { NAME_ID_FORMATS } from "../../saml/name-id.ts";
import { noRecipientReason } from "../../saml/saml-responder.ts";
import { pinnedKey } from "../../saml/signers.ts";
import { chooseRecipient } from "../../saml/xml/encrypt.ts";
import { SIGNATURE_ALGORITHMS } from "../../saml/xml/sign.ts";
import { isXmlText } from "../../saml/xml/writer.ts";
import type { Actor } from "../actor.ts";
import { type ActParts, type ActResult, recorded, type Refused, refused } from "./act.ts";
import { replaceApplication } from "./replace-application.ts";

const AUDIENCES = 10;
const audience = z
  .string()
  .max(1024)
  .refine((value) => /^[a-z][a-z0-9+.-]*:[!-~]+$/i.test(value) && isXmlText(value), "is not a URI");

const Changes = z
  .strictObject({
    requestsMustBeSigned: z.boolean(),
    signAssertion: z.boolean(),
    signResponse: z.boolean(),
    encryption: z.enum(["none", "assertion", "name-id"]),
    signatureAlgorithm: z.enum(["rsa-sha256", "rsa-sha384", "rsa-sha512", "ecdsa-sha256", "rsa-sha1"]),
    allowSha1: z.boolean(),
    allowCbc: z.boolean(),
    /** Full URN; null: as the metadata says. */
    nameIdFormat: z.enum(NAME_ID_FORMATS).nullable(),
    /** An expression of flow/release-expression.ts; null: what the format usually has. */
    nameIdSource: z.string().nullable(),
    audiences: z.array(audience).max(AUDIENCES),
    /** The id of a published key; null: whatever key signs now. */
    signingKeyId: z.string().max(200).nullable(),
  })
  .partial();

/** What an administrator changes; what is not named stays. */
export type SamlSettingsChanges = z.input<typeof Changes>;

export interface ChangeSamlSettingsParts extends ActParts {
  readonly keyRing: Pick<KeyRing, "byId">;
}

/**
 * Changes what an administrator decides about a service provider. Refused is what could not work (requests that must be
 * signed without a key to check them, encryption without a key to encrypt for) and what would be no protection (nothing
 * signed at all; SHA-1 without its own switch). It holds in every process from the next message on.
 */
export async function changeSamlSettings(
  parts: ChangeSamlSettingsParts,
  actor: Actor,
  id: string,
  changes: SamlSettingsChanges,
): Promise<ActResult<{ readonly application: SamlApplication }>> {
  const found = await parts.store.applications.get(id);
  if (found?.protocol !== "saml") return refused("not-found", "there is no such SAML application");
  const read = Changes.safeParse(changes);
  if (!read.success) return misshapen(read.error);
  const merged = merge(found, read.data);
  if ("code" in merged) return merged;
  const fault = faultOf(merged, parts.keyRing);
  if (fault !== undefined) return fault;
  const detail = differences(found, merged);
  if (Object.keys(detail).length === 0) return { ok: true, application: found };
  const entry = {
    action: "application.settings-changed",
    targetKind: "application",
    targetId: id,
    targetName: found.name,
    detail,
  } as const;
  return await recorded(parts, actor, entry, async () => await replaceApplication(parts, found, merged));
}

function merge(found: SamlApplication, changes: z.output<typeof Changes>): SamlApplication | Refused {
  const { encryption = encryptionOf(found), nameIdFormat, nameIdSource, signingKeyId } = changes;
  const source = typeof nameIdSource === "string" ? parseSource(nameIdSource) : undefined;
  if (source !== undefined && "problem" in source) return refused("invalid", source.problem, "nameIdSource");
  return {
    ...found,
    requestsMustBeSigned: changes.requestsMustBeSigned ?? found.requestsMustBeSigned,
    signAssertion: changes.signAssertion ?? found.signAssertion,
    signResponse: changes.signResponse ?? found.signResponse,
    encryptAssertion: encryption === "assertion",
    encryptNameId: encryption === "name-id",
    signatureAlgorithm: changes.signatureAlgorithm ?? found.signatureAlgorithm,
    allowSha1: changes.allowSha1 ?? found.allowSha1,
    allowCbc: changes.allowCbc ?? found.allowCbc,
    audiences: changes.audiences ?? found.audiences,
    ...(nameIdFormat === undefined ? {} : { nameIdFormat: nameIdFormat ?? undefined }),
    ...(nameIdSource === undefined ? {} : { nameIdSource: source }),
    ...(signingKeyId === undefined ? {} : { signingKeyId: signingKeyId ?? undefined }),
  };
}

function faultOf(application: SamlApplication, keyRing: Pick<KeyRing, "byId">): Refused | undefined {
  const { signingCertificates, encryptionKeys, allowCbc, signatureAlgorithm = "rsa-sha256" } = application;
  if (application.requestsMustBeSigned && signingCertificates.length === 0) {
    return refused(
      "invalid",
      "its metadata has no key that signed requests could be checked with",
      "requestsMustBeSigned",
    );
  }
  if (!application.signAssertion && !application.signResponse) {
    return refused("invalid", "sign the assertion, the response, or both", "signAssertion");
  }
  if (signatureAlgorithm === "rsa-sha1" && application.allowSha1 !== true) {
    return refused("invalid", "SHA-1 must be allowed for it before we sign with it", "signatureAlgorithm");
  }
  const encrypts = application.encryptAssertion || application.encryptNameId === true;
  if (encrypts && chooseRecipient(encryptionKeys, { allowCbc: allowCbc === true }) === undefined) {
    return refused("invalid", withoutFullStop(noRecipientReason(application)), "encryption");
  }
  const { keyType } = SIGNATURE_ALGORITHMS[signatureAlgorithm];
  if (application.signingKeyId !== undefined && pinnedKey(keyRing, keyType, application) === undefined) {
    return refused(
      "invalid",
      `the chosen key is not published any more, or is no ${keyType} key as ${signatureAlgorithm} needs`,
      "signingKeyId",
    );
  }
  return undefined;
}

/** `setting: before → after` of what is different, for the audit trail. */
function differences(before: SamlApplication, after: SamlApplication): Record<string, string> {
  const [old, now] = [described(before), described(after)];
  return Object.fromEntries(
    Object.keys(now)
      .filter((name) => old[name] !== now[name])
      .map((name) => [name, `${old[name]} → ${now[name]}`]),
  );
}

function described(application: SamlApplication): Readonly<Record<string, string>> {
  const { nameIdSource, audiences = [] } = application;
  return {
    requestsMustBeSigned: yes(application.requestsMustBeSigned),
    signAssertion: yes(application.signAssertion),
    signResponse: yes(application.signResponse),
    encryption: encryptionOf(application),
    signatureAlgorithm: application.signatureAlgorithm ?? "rsa-sha256",
    allowSha1: yes(application.allowSha1),
    allowCbc: yes(application.allowCbc),
    nameIdFormat: application.nameIdFormat ?? "as its metadata says",
    nameIdSource: nameIdSource === undefined ? "as usual" : printSource(nameIdSource),
    audiences: audiences.length === 0 ? "none" : audiences.join(" "),
    signingKeyId: application.signingKeyId ?? "the key that signs",
  };
}

/** What is encrypted for an application, as the one choice that it is to an administrator. */
export function encryptionOf(application: SamlApplication): "none" | "assertion" | "name-id" {
  if (application.encryptAssertion) return "assertion";
  return application.encryptNameId === true ? "name-id" : "none";
}

function yes(value: boolean | undefined): string {
  return value === true ? "yes" : "no";
}

function withoutFullStop(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1).replace(/\.$/, "");
}

function misshapen(error: z.ZodError): Refused {
  const [issue] = error.issues;
  const field = issue?.path[0];
  const name = typeof field === "string" ? field : undefined;
  const what =
    name === "audiences"
      ? `an audience is a URI, and there are ${AUDIENCES} at most`
      : (issue?.message ?? "");
  return refused("invalid", name === undefined ? "there is no such setting" : what, name);
}
