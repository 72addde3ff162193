import { sha256 } from "../platform/digest.ts";
import { type Random, randomToken } from "../platform/random.ts";
import type { VolatileStore } from "../volatile/volatile-store.ts";

/** As long as a page with the form may stay open and be sent again by mistake. */
const REMEMBERED_MS = 86_400_000;

/** An id for a form that must count once, however often the browser sends it. */
export function formOnceId(random: Random): string {
  return randomToken(random);
}

/** True the first time, in one atomic call; false when this form was sent before. */
export async function spendForm(volatile: VolatileStore, id: string): Promise<boolean> {
  return await volatile.setIfAbsent(`admin-form:${sha256(id)}`, "1", REMEMBERED_MS);
}
