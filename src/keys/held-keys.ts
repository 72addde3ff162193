import type { Application } from "../model/application.ts";

/** The applications that were told to stay with this key. One that is switched off holds it too: it may come back. */
export function holdersOf(applications: readonly Application[], keyId: string): readonly Application[] {
  return applications.filter((application) => pinOf(application) === keyId);
}

/** The keys that any application was told to stay with. */
export function heldKeys(applications: readonly Application[]): ReadonlySet<string> {
  return new Set(applications.flatMap((application) => pinOf(application) ?? []));
}

/** OpenID Connect clients find the key by its `kid`: there is nothing that they could stay with. */
export function pinOf(application: Application): string | undefined {
  return application.protocol === "saml" ? application.signingKeyId : undefined;
}
