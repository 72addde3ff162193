import type { Application } from "../model/application.ts";

/**
 * An application as it may be shown: everything but what a secret could be tried against (its hash), and without the
 * metadata file, which whoever registered it has.
 */
export function applicationSummary(application: Application): Readonly<Record<string, unknown>> {
  if (application.protocol === "saml") {
    const { metadataXml: _, ...shown } = application;
    return shown;
  }
  const secrets = application.secrets.map(({ lastFour, createdAtMs, expiresAtMs }) => ({
    lastFour,
    createdAtMs,
    expiresAtMs,
  }));
  return { ...application, secrets };
}
