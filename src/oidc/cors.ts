import type { Applications } from "../flow/applications.ts";
import type { OidcApplication } from "../model/application.ts";

/**
 * Which pages may read the answers of the token, UserInfo and revocation endpoints (Fetch, CORS protocol): those of
 * registered origins, compared as they are written. Never with credentials: a cookie counts for nothing there.
 */
export class Cors {
  readonly #applications: Applications;
  #origins: ReadonlySet<string> = new Set();

  constructor(applications: Applications) {
    this.#applications = applications;
    applications.onReload(() => this.#collect());
    this.#collect();
  }

  /**
   * The headers of an answer. `application`: who it is for, whose own origins count; undefined: not known, as in an
   * error, which any registered origin may read.
   */
  headers(
    origin: string | undefined,
    application: OidcApplication | undefined,
  ): Readonly<Record<string, string>> {
    const allowed =
      origin !== undefined &&
      (application === undefined ? this.#origins.has(origin) : application.origins.includes(origin));
    // Vary also where nothing is allowed: a cache must not hand this answer to another origin.
    if (!allowed) return { Vary: "Origin" };
    return {
      Vary: "Origin",
      "Access-Control-Allow-Origin": origin,
      "Access-Control-Expose-Headers": "WWW-Authenticate, Retry-After",
    };
  }

  /** The headers of the answer to OPTIONS: a preflight names no client, so any registered origin may ask. */
  preflight(origin: string | undefined, methods: readonly string[]): Readonly<Record<string, string>> {
    const headers = this.headers(origin, undefined);
    if (!("Access-Control-Allow-Origin" in headers)) return headers;
    return {
      ...headers,
      "Access-Control-Allow-Methods": methods.join(", "),
      "Access-Control-Allow-Headers": "Authorization, Content-Type",
      "Access-Control-Max-Age": "600",
    };
  }

  #collect(): void {
    const oidc = this.#applications.all().filter((application) => application.protocol === "oidc");
    this.#origins = new Set(oidc.filter(({ enabled }) => enabled).flatMap(({ origins }) => origins));
  }
}
