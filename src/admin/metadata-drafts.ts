import { z } from "zod";
import { sha256 } from "../platform/digest.ts";
import { type Random, randomToken } from "../platform/random.ts";
import type { VolatileStore } from "../volatile/volatile-store.ts";

/** Metadata that was handed over and is looked at before it is registered; without a file name it was pasted. */
const MetadataDraft = z.object({ xml: z.string(), fileName: z.string().optional() });
export type MetadataDraft = Readonly<z.infer<typeof MetadataDraft>>;

const KEPT_MS = 60 * 60_000;

/**
 * Keeps a draft for an hour and returns the id under which the same owner finds it again. The file waits here and not in
 * the page: what is registered is then what was shown, byte for byte.
 */
export async function keepDraft(
  volatile: VolatileStore,
  random: Random,
  accountId: string,
  draft: MetadataDraft,
): Promise<string> {
  const id = randomToken(random);
  await volatile.set(keyOf(id, accountId), JSON.stringify(draft), KEPT_MS);
  return id;
}

/** The draft; undefined when it is not this owner's, has expired or was registered. */
export async function findDraft(
  volatile: VolatileStore,
  id: string,
  accountId: string,
): Promise<MetadataDraft | undefined> {
  const text = await volatile.get(keyOf(id, accountId));
  return text === undefined ? undefined : MetadataDraft.parse(JSON.parse(text));
}

export async function dropDraft(volatile: VolatileStore, id: string, accountId: string): Promise<void> {
  await volatile.delete([keyOf(id, accountId)]);
}

/** The account is part of the key: somebody else's id finds nothing. */
function keyOf(id: string, accountId: string): string {
  return `metadata-draft:${accountId}:${sha256(id)}`;
}
