import type { AdminApp } from "./admin-app.ts";
import { type AdminBrowser, type Answer, hiddenField } from "./admin-browser.ts";
import { makeKeyToken } from "./token-rows.ts";

/** The pages on which an owner changes a token. */
export async function gatherTokenChanges(
  app: AdminApp,
  olga: AdminBrowser,
  keep: (name: string, answer: Answer) => Answer,
): Promise<void> {
  const path = `/admin/tokens/${await makeKeyToken(app)}/change`;
  const page = keep("change of a token", await olga.get(path));
  const form = {
    name: "Donaudampfschifffahrtsgesellschaftskapitänsverwaltung International",
    days: "90",
    "resource.http://localhost:4000/api": "on",
    addresses: "2001:db8::/32",
    version: hiddenField(page.body, "version"),
  };
  keep("change of a token, something is wrong", await olga.post(path, { ...form, perDay: "many" }));
  keep("change of a token, changed meanwhile", await olga.post(path, { ...form, version: "9" }));
  const sent = await olga.post(path, form);
  keep("change of a token, what becomes different", await olga.get(sent.to ?? ""));
}
