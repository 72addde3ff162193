/** What a service provider of the tests is started with. */
export interface SamlProviderSettings {
  /** Its own address. */
  readonly base: string;
  readonly entityId: string;
  /** A file with Gatehouse's metadata. */
  readonly metadata: string;
  /** Files in PEM. */
  readonly key: string;
  readonly certificate: string;
}

/**
 * A service provider of the tests, whatever it is written in. All have the same addresses: `/` says who is logged in
 * here as JSON, `/metadata`, `/login?by=redirect|post|artifact&answer=post|artifact`, `/acs` and `/acs/artifact`,
 * `/artifact` (where its requests are fetched), `/logout`, `/slo`.
 */
export interface SamlProvider {
  readonly base: string;
  stop(): Promise<void>;
}
