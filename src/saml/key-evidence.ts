import type { KeyUseNotes } from "../keys/key-use-notes.ts";
import type { SamlApplication } from "../model/application.ts";
import type { Session } from "../model/session.ts";
import { isPinned, type Signers } from "./signers.ts";

export interface KeyEvidenceParts {
  readonly signers: Pick<Signers, "keyFor">;
  readonly keyUse: Pick<KeyUseNotes, "accepted">;
}

/**
 * What a service provider's own logout proves about our keys. The index of a session is in our answers to it and nowhere
 * else; one that names it, under its own signature, has read an answer and kept it: it took the signature that was on it.
 * A sign-on by itself proves nothing, because nothing comes back from it.
 */
export class KeyEvidence {
  readonly #parts: KeyEvidenceParts;

  constructor(parts: KeyEvidenceParts) {
    this.#parts = parts;
  }

  /**
   * A signed LogoutRequest named the index of this session. It counts only where every answer of the session was signed
   * with one and the same key: neither the key nor the application's settings have changed since the session began.
   */
  sessionNamed(application: SamlApplication, session: Pick<Session, "id" | "startedAtMs">): void {
    const key = this.#parts.signers.keyFor(application);
    const began = session.startedAtMs;
    if (application.updatedAtMs > began) return;
    if (key.stateSinceMs > began && !isPinned(application, key)) return;
    this.#parts.keyUse.accepted(application.id, key.id, "session-named");
  }
}
