import type { FederationFile } from "../../saml/federation-messages.ts";
import { type Done, type Refused, refused } from "./act.ts";
import { problemOf, readFile } from "./federation-file.ts";
import { federationSettings, type NewFederation } from "./federations.ts";
import type { FederationParts } from "./refresh-federation.ts";

/** What a federation's file says, before anything of it is kept. */
export type CheckedFederation = Done<{ readonly file: FederationFile }> | Refused;

/**
 * Reads a federation's file whole, as it would be read if it were added, and keeps nothing of it. `given` is the file
 * where it is handed over.
 */
export async function checkFederation(
  parts: Pick<FederationParts, "store" | "outbound" | "clock">,
  input: NewFederation,
  given?: AsyncIterable<Uint8Array>,
): Promise<CheckedFederation> {
  const settings = federationSettings(input);
  if ("code" in settings) return settings;
  const all = await parts.store.federations.all();
  if (all.some(({ name }) => name === settings.name)) {
    return refused("taken", `there is a federation named ${settings.name}`, "name");
  }
  try {
    const nowMs = parts.clock.nowMs();
    const nowhere = async () => await Promise.resolve();
    const reading = await readFile({ ...parts, nowMs }, settings, given, nowhere);
    if (reading.kind === "read") return { ok: true, file: reading.file };
    throw new Error("a file was known before its federation was");
  } catch (error) {
    return refused("invalid", problemOf(error), input.url === undefined ? "file" : "url");
  }
}
