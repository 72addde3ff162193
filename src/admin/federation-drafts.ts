import { z } from "zod";
import { sha256 } from "../platform/digest.ts";
import { type Random, randomToken } from "../platform/random.ts";
import type { VolatileStore } from "../volatile/volatile-store.ts";

/** A federation whose file was read and shown, and that is not added yet. */
const FederationDraft = z.object({
  name: z.string(),
  url: z.string().optional(),
  pin: z.string().optional(),
  allowAllMembers: z.boolean(),
  /** The file, where it was handed over. */
  xml: z.string().optional(),
  /** Of the file that was shown, base64url: what is fetched at the end may be a newer one. */
  fileDigest: z.string(),
});
export type FederationDraft = Readonly<z.infer<typeof FederationDraft>>;

const KEPT_MS = 60 * 60_000;

/** Keeps a draft for an hour and returns the id under which the same owner finds it again. */
export async function keepFederationDraft(
  volatile: VolatileStore,
  random: Random,
  accountId: string,
  draft: FederationDraft,
): Promise<string> {
  const id = randomToken(random);
  await volatile.set(keyOf(id, accountId), JSON.stringify(draft), KEPT_MS);
  return id;
}

/** The draft, once; undefined when it is not this owner's, has expired or was taken before. */
export async function takeFederationDraft(
  volatile: VolatileStore,
  id: string,
  accountId: string,
): Promise<FederationDraft | undefined> {
  // One atomic call: a form that is sent twice adds one federation.
  const text = await volatile.getAndDelete(keyOf(id, accountId));
  if (text === undefined) return undefined;
  return FederationDraft.parse(JSON.parse(text));
}

/** The account is part of the key: somebody else's id finds nothing. */
function keyOf(id: string, accountId: string): string {
  return `federation-draft:${accountId}:${sha256(id)}`;
}
