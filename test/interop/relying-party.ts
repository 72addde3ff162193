/** What a relying party is told when it is started: its registration, as its administrator would type it in. */
export interface RelyingPartySettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string | undefined;
  /** PKCS #8 PEM of an EC P-256 key, for private_key_jwt. */
  readonly privateKeyPem?: string | undefined;
  /** Its own address. */
  readonly base: string;
  readonly scope: string;
}

/**
 * A relying party of the tests, whatever it is written in. All have the same addresses:
 * `/` says who is logged in here, `/login`, `/callback`, `/refresh`, `/logout`, `/bye` (back from a logout),
 * `/backchannel` and `/heard` (the logout tokens that it took). Everything but a redirect is JSON.
 */
export interface RelyingParty {
  readonly base: string;
  stop(): Promise<void>;
}

/** Addresses that a relying party at `base` is registered with. */
export function registrationOf(base: string) {
  return {
    redirectUris: [`${base}/callback`],
    postLogoutRedirectUris: [`${base}/bye`],
    backchannelLogoutUri: `${base}/backchannel`,
  };
}
