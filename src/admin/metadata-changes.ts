import type { SamlApplication } from "../model/application.ts";
import { certificateFacts } from "./certificate-facts.ts";

type Registered = Pick<
  SamlApplication,
  | "assertionConsumerServices"
  | "singleLogoutServices"
  | "artifactResolutionServices"
  | "signingCertificates"
  | "encryptionKeys"
>;

/** What new metadata changes about an application. */
export interface MetadataChanges {
  /** Each as a phrase, such as `new signing key 7F:3A:…`, with the whole fingerprint: it is what a person compares. */
  readonly changes: readonly string[];
  /**
   * A new key, or a reply address at another host: whoever took over the address could enter people's accounts with it,
   * so without a signature to prove it a person must agree (SA-77).
   */
  readonly isRisky: boolean;
}

/** Compares what is registered with what was fetched. */
export function metadataChanges(before: Registered, after: Registered): MetadataChanges {
  const signing = difference(before.signingCertificates, after.signingCertificates);
  const encryption = difference(keysOf(before), keysOf(after));
  const acs = difference(
    locations(before.assertionConsumerServices),
    locations(after.assertionConsumerServices),
  );
  const slo = difference(locations(before.singleLogoutServices), locations(after.singleLogoutServices));
  const artifacts = difference(
    locations(before.artifactResolutionServices ?? []),
    locations(after.artifactResolutionServices ?? []),
  );
  const hosts = difference(hostsOf(before), hostsOf(after));
  return {
    changes: [
      ...phrases("signing key", { added: signing.added.map(named), removed: signing.removed.map(named) }),
      ...phrases("encryption key", {
        added: encryption.added.map(named),
        removed: encryption.removed.map(named),
      }),
      ...phrases("reply address", acs),
      ...phrases("logout address", slo),
      ...phrases("artifact address", artifacts),
    ],
    isRisky: signing.added.length > 0 || encryption.added.length > 0 || hosts.added.length > 0,
  };
}

interface Difference {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

function difference(before: readonly string[], after: readonly string[]): Difference {
  return {
    added: after.filter((each) => !before.includes(each)),
    removed: before.filter((each) => !after.includes(each)),
  };
}

function phrases(what: string, { added, removed }: Difference): readonly string[] {
  return [...added.map((each) => `new ${what} ${each}`), ...removed.map((each) => `${what} gone: ${each}`)];
}

function keysOf({ encryptionKeys }: Registered): readonly string[] {
  return encryptionKeys.map(({ certificate }) => certificate);
}

/** The binding belongs to it: the same address by another one is another way in. */
function locations(endpoints: Registered["assertionConsumerServices"]): readonly string[] {
  return endpoints.map(({ binding, location, responseLocation, index }) =>
    [location, responseLocation, binding.replace(/.*:/, ""), index]
      .filter((part) => part !== undefined)
      .join(" "),
  );
}

function hostsOf({ assertionConsumerServices }: Registered): readonly string[] {
  return assertionConsumerServices.map(({ location }) =>
    URL.canParse(location) ? new URL(location).origin : location,
  );
}

function named(certificate: string): string {
  return certificateFacts(certificate)?.fingerprint ?? "that cannot be read";
}
