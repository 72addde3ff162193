import type { Application, SamlApplication } from "../model/application.ts";
import type { Log } from "../platform/log.ts";

/** What is weaker for this application than for others, each as a sentence; shown on its page and at each start. */
export function weakSettings(
  application: Pick<SamlApplication, "allowSha1" | "allowCbc" | "signatureAlgorithm">,
): readonly string[] {
  const { allowSha1, allowCbc, signatureAlgorithm } = application;
  const sent = signatureAlgorithm === "rsa-sha1" ? " and sent" : "";
  return [
    ...(allowSha1 === true
      ? [`Signatures with SHA-1 are accepted of it${sent}: somebody with means can forge them.`]
      : []),
    ...(allowCbc === true
      ? ["AES-CBC may be used for it: who can ask it to decrypt often enough reads what we send."]
      : []),
  ];
}

/** One warning in the log for each weak setting of an application that can be entered. */
export function warnOfWeakSettings(applications: readonly Application[], log: Pick<Log, "warn">): void {
  for (const application of applications) {
    if (application.protocol !== "saml" || !application.enabled) continue;
    const { id, name } = application;
    for (const weakness of weakSettings(application))
      log.warn({ application: id, name }, `saml: ${weakness}`);
  }
}
