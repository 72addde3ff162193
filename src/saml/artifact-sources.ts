import type { Application, SamlApplication } from "../model/application.ts";
import { sourceIdOf } from "./artifact.ts";

export interface ArtifactSourcesParts {
  all(): readonly Application[];
  /** Calls back whenever the registry was read anew. */
  onReload(listener: () => void): void;
}

/**
 * Finds an application by the SourceID of its artifacts (SAML Bindings 3.6.4). The table is made at the first artifact
 * after a change of the registry, so that no artifact makes anybody hash ten thousand names, and no change does where
 * nobody sends artifacts.
 */
export class ArtifactSources {
  readonly #applications: ArtifactSourcesParts;
  #bySourceId: ReadonlyMap<string, SamlApplication> | undefined;

  constructor(applications: ArtifactSourcesParts) {
    this.#applications = applications;
    applications.onReload(() => {
      this.#bySourceId = undefined;
    });
  }

  of(sourceId: Buffer): SamlApplication | undefined {
    this.#bySourceId ??= new Map(
      this.#applications
        .all()
        .flatMap((application) =>
          application.protocol === "saml"
            ? [[sourceIdOf(application.entityId).toString("hex"), application] as const]
            : [],
        ),
    );
    return this.#bySourceId.get(sourceId.toString("hex"));
  }
}
