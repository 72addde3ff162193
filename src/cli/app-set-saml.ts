import { changeSamlSettings, type SamlSettingsChanges } from "../admin/acts/change-saml-settings.ts";
import { setSamlProfiles } from "../admin/acts/set-saml-profiles.ts";
import { applicationSummary } from "../admin/application-summary.ts";
import type { KeyRing } from "../keys/key-ring.ts";
import { NAME_ID } from "../saml/namespaces.ts";
import { weakSettings } from "../saml/weak-settings.ts";
import { SIGNATURE_ALGORITHMS } from "../saml/xml/sign.ts";
import { type Command, RefusedInput, UsageError } from "./command.ts";
import { withInstallation } from "./installation.ts";
import { oneOf, readOptions } from "./options.ts";

const OPTIONS = {
  "require-signed-requests": { type: "boolean" },
  "sign-assertion": { type: "boolean" },
  "sign-response": { type: "boolean" },
  encrypt: { type: "string" },
  "signature-algorithm": { type: "string" },
  "signing-key": { type: "string" },
  "allow-sha1": { type: "boolean" },
  "allow-cbc": { type: "boolean" },
  "name-id-format": { type: "string" },
  "name-id-from": { type: "string" },
  audience: { type: "string", multiple: true },
  ecp: { type: "string" },
} as const;

type Values = ReturnType<typeof readOptions<typeof OPTIONS>>["values"];

const ALGORITHMS = ["rsa-sha256", "rsa-sha384", "rsa-sha512", "ecdsa-sha256", "rsa-sha1"] as const;
const FORMATS = ["default", "persistent", "transient", "emailAddress", "unspecified"] as const;

export const appSetSaml: Command = {
  name: "app set-saml",
  summary: "settings of a SAML service provider",
  help: `Usage: gatehouse app set-saml ENTITY_ID [options]

What is not named stays as it is. Each switch has its opposite, such as --no-sign-response.

  --require-signed-requests      a request without a signature is refused
  --sign-assertion               --sign-response
  --encrypt WHAT                 none, assertion or name-id
  --signature-algorithm NAME     ${ALGORITHMS.join(", ")}
  --signing-key KEY              active (whatever signs now), or the next, the retiring or a key by its id, with which
                                 the application then stays
  --allow-sha1                   old software: its signatures, and ours if the algorithm says so, may be SHA-1
  --allow-cbc                    old software: AES-CBC where its metadata offers nothing better
  --name-id-format FORMAT        ${FORMATS.join(", ")}
  --name-id-from SOURCE          default, a field such as email, or 'attribute("staffNumber")'
  --audience URI                 beside its entity ID; may be given more than once, and "" for none
  --ecp on|off                   programs may sign on to it with name and password in the place of a browser

Prints the application as JSON, and on standard error what is weak about it.
`,
  async run(args, { environment, user, say }) {
    const { values, positional: entityId } = readOptions(args, OPTIONS, { name: "ENTITY_ID" });
    return await withInstallation({ environment, user }, async ({ parts, acts, actor }) => {
      const known = parts.applications.samlByEntityId(entityId);
      if (known === undefined) throw new RefusedInput(`no SAML application is registered as ${entityId}`);
      const ecp = oneOf("ecp", values.ecp, ["on", "off"]);
      const changes = changesOf(values, parts.keyRing, known.signatureAlgorithm ?? "rsa-sha256");
      const result = await changeSamlSettings({ ...acts, keyRing: parts.keyRing }, actor, known.id, changes);
      if (!result.ok) throw new RefusedInput(result.message);
      for (const weakness of weakSettings(result.application)) say(weakness);
      const { idpInitiated } = result.application;
      if (ecp === undefined) return applicationSummary(result.application);
      const switched = await setSamlProfiles(acts, actor, known.id, { idpInitiated, ecp: ecp === "on" });
      if (!switched.ok) throw new RefusedInput(switched.message);
      return applicationSummary(switched.application);
    });
  },
};

function changesOf(
  values: Values,
  keyRing: KeyRing,
  algorithm: (typeof ALGORITHMS)[number],
): SamlSettingsChanges {
  const signatureAlgorithm = oneOf("signature-algorithm", values["signature-algorithm"], ALGORITHMS);
  const format = oneOf("name-id-format", values["name-id-format"], FORMATS);
  const source = values["name-id-from"];
  return {
    requestsMustBeSigned: values["require-signed-requests"],
    signAssertion: values["sign-assertion"],
    signResponse: values["sign-response"],
    encryption: oneOf("encrypt", values.encrypt, ["none", "assertion", "name-id"]),
    signatureAlgorithm,
    signingKeyId: keyIdOf(values["signing-key"], keyRing, signatureAlgorithm ?? algorithm),
    allowSha1: values["allow-sha1"],
    allowCbc: values["allow-cbc"],
    nameIdFormat: format === undefined ? undefined : format === "default" ? null : NAME_ID[format],
    nameIdSource: source === "default" ? null : source,
    audiences: values.audience?.filter((each) => each !== ""),
  };
}

/** `next` and `retiring` are the newest such key of the type that the algorithm needs. */
function keyIdOf(
  wanted: string | undefined,
  keyRing: KeyRing,
  algorithm: (typeof ALGORITHMS)[number],
): string | null | undefined {
  if (wanted === undefined) return undefined;
  if (wanted === "active") return null;
  if (wanted !== "next" && wanted !== "retiring") return wanted;
  const { keyType } = SIGNATURE_ALGORITHMS[algorithm];
  const found = keyRing
    .published()
    .filter(({ type, state }) => type === keyType && state === wanted)
    .toSorted((one, other) => other.stateSinceMs - one.stateSinceMs)[0];
  if (found === undefined) throw new UsageError(`there is no ${wanted} ${keyType} key`);
  return found.id;
}
