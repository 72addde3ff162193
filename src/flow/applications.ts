import type { Application, OidcApplication, SamlApplication } from "../model/application.ts";
import type { ApplicationStore } from "../storage/stores.ts";

/**
 * Every registered application, in memory: a sign-on reads none from the database. `reload` is called at start and
 * when the version in the volatile store changes, within a second of any change in any process.
 */
export class Applications {
  readonly #store: ApplicationStore;
  #byId = new Map<string, Application>();
  #byEntityId = new Map<string, SamlApplication>();
  readonly #listeners: (() => void)[] = [];

  constructor(store: ApplicationStore) {
    this.#store = store;
  }

  async reload(): Promise<void> {
    const all = await this.#store.all();
    this.#byId = new Map(all.map((application) => [application.id, application]));
    this.#byEntityId = new Map(
      all.flatMap((application) =>
        application.protocol === "saml" ? [[application.entityId, application] as const] : [],
      ),
    );
    for (const listener of this.#listeners) listener();
  }

  /** Called after each reload: what was compiled for an application is made anew. */
  onReload(listener: () => void): void {
    this.#listeners.push(listener);
  }

  byId(id: string): Application | undefined {
    return this.#byId.get(id);
  }

  samlByEntityId(entityId: string): SamlApplication | undefined {
    return this.#byEntityId.get(entityId);
  }

  oidcByClientId(clientId: string): OidcApplication | undefined {
    const application = this.#byId.get(clientId);
    return application?.protocol === "oidc" ? application : undefined;
  }

  all(): readonly Application[] {
    return [...this.#byId.values()];
  }
}
