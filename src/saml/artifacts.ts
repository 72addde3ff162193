import type { SamlApplication } from "../model/application.ts";
import type { Random } from "../platform/random.ts";
import type { Redemption, SingleUse } from "../volatile/single-use.ts";
import { readArtifact, sourceIdOf, writeArtifact } from "./artifact.ts";
import { fromStore, type Xml } from "./xml/writer.ts";

/** The browser needs a moment for one redirect, and the application for one call. */
const LIFETIME_MS = 60_000;
/** The index of our one ArtifactResolutionService. */
export const ARTIFACT_INDEX = 0;
const HANDLE_BYTES = 20;

export interface ArtifactsParts {
  /** Our own. */
  readonly entityId: string;
  readonly singleUse: Pick<SingleUse, "issueAs" | "redeem">;
  readonly random: Random;
}

/**
 * The messages that wait to be fetched by artifact (SAML Bindings 3.6): each once, within a minute, by the application
 * that it was made for. For everybody else the artifact is unknown, so a stranger who saw it in a log or a Referer can
 * neither use it nor use it up.
 */
export class Artifacts {
  readonly #parts: ArtifactsParts;

  constructor(parts: ArtifactsParts) {
    this.#parts = parts;
  }

  /** SAMLart. */
  async issue(application: SamlApplication, message: Xml): Promise<string> {
    const { entityId, singleUse, random } = this.#parts;
    const messageHandle = random.bytes(HANDLE_BYTES);
    const id = messageHandle.toString("base64url");
    await singleUse.issueAs("artifact", id, message.canonical, LIFETIME_MS, application.id);
    return writeArtifact({ endpointIndex: ARTIFACT_INDEX, sourceId: sourceIdOf(entityId), messageHandle });
  }

  /** The message, or why there is none. */
  async fetch(
    application: SamlApplication,
    text: string,
  ): Promise<{ readonly message: Xml } | { readonly nothing: "unknown" | "used" }> {
    const artifact = readArtifact(text);
    if (
      artifact === undefined ||
      artifact.endpointIndex !== ARTIFACT_INDEX ||
      !artifact.sourceId.equals(sourceIdOf(this.#parts.entityId))
    ) {
      return { nothing: "unknown" };
    }
    const id = artifact.messageHandle.toString("base64url");
    const found: Redemption<string> = await this.#parts.singleUse.redeem(
      "artifact",
      id,
      LIFETIME_MS,
      application.id,
    );
    return found.state === "yours" ? { message: fromStore(found.value) } : { nothing: found.state };
  }
}
