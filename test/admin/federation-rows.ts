import { addFederation } from "../../src/admin/acts/federations.ts";
import { OWNER } from "./acts-installation.ts";
import type { AdminApp } from "./admin-app.ts";
import type { Fields } from "./admin-browser.ts";

const settings: Fields = { version: "v".repeat(43), name: "Schools", url: "https://f.example/" };

/** What an owner gets for each route about federations, with a form as the page would send it. */
export const FEDERATION_ROWS: Readonly<
  Record<string, { readonly owner: number; readonly form?: Fields; readonly multipart?: true }>
> = {
  "GET /federations": { owner: 200 },
  "GET /federations/new": { owner: 200 },
  "POST /federations/new/check": { owner: 400, multipart: true },
  "POST /federations/new/add": { owner: 410, form: { draft: "d".repeat(43) } },
  "GET /federations/:id": { owner: 200 },
  // By hand: it has no address.
  "POST /federations/:id/fetch": { owner: 404, form: {} },
  "POST /federations/:id/file": { owner: 303, multipart: true },
  "POST /federations/:id/settings": { owner: 409, form: settings },
  "POST /federations/:id/register": { owner: 404, form: { entityId: "https://none.example" } },
  "POST /federations/:id/remove": { owner: 303, form: {} },
};

/** One without an address and without a file. */
export async function addTestFederation({ parts }: AdminApp): Promise<string> {
  const { stores, audit, clock, random } = parts;
  const announce = async () => await Promise.resolve();
  const acts = { store: stores.durable, audit, announce, clock, random };
  const result = await addFederation(acts, OWNER, { name: "Universities", allowAllMembers: false });
  if (!result.ok) throw new Error(result.message);
  return result.federation.id;
}
