import { oidcApplication } from "../fixtures/oidc/application.ts";
import { samlApplication } from "../fixtures/saml/installation.ts";
import type { Answer } from "./admin-browser.ts";
import { KEYS, startKeyPages } from "./key-pages.ts";

const LONG_NAME = "Donaudampfschifffahrtsgesellschaftskapitänsverwaltung International";

/** The pages about our signing keys, through a rollover that one application is late for. */
export async function gatherKeys(keep: (name: string, answer: Answer) => Answer): Promise<void> {
  const pages = await startKeyPages();
  const { keyUse } = pages.app.parts;
  keep("keys, no application yet", await pages.open());
  const old = await pages.key("active");
  const saml = (name: string, signingKeyId?: string) =>
    samlApplication({ id: `app-${name}`, name, entityId: `https://${name}.example`, signingKeyId });
  const many = Array.from({ length: 30 }, (_, n) => saml(`Team${n}`));
  await pages.add(
    ...many,
    samlApplication({ id: "app-long", name: LONG_NAME, signingKeyId: old.id }),
    saml("Missed"),
    oidcApplication({ id: "planner", name: "Planner" }),
  );
  keyUse.accepted("app-Missed", old.id, "logout-answered");
  keyUse.accepted("planner", old.id, "session-named");
  await keyUse.flush();
  const next = await pages.key("next");
  keep("keys, too early", await pages.open());
  keep("keys, too early and without a reason", await pages.step(next.id, "sign", ""));
  pages.pass(1);
  await pages.open();
  await pages.step(next.id, "sign");
  keyUse.signed("app-Missed", next.id);
  await keyUse.flush();
  keep("keys, one application stays", await pages.open());
  keep("keys, the second page of the table", await pages.open(`${KEYS}?page=2`));
  keep("keys, held back", await pages.step(old.id, "retire", "now"));
  await pages.open();
  const schedule = { version: "0", rotateEveryDays: "often", slowestReaderHours: "1" };
  keep("keys, a schedule that cannot be", await pages.post(`${KEYS}/schedule`, schedule));
  await pages.post(`${KEYS}/schedule`, { version: "0", rotateEveryDays: "90", slowestReaderHours: "48" });
  keep("keys, with a schedule", await pages.open(`${KEYS}?done=schedule`));
  keep("application, stays on a key", await pages.open("/admin/applications/app-long"));
  keep("application, not seen with the new key", await pages.open("/admin/applications/app-Missed"));
  keep("client, with our keys", await pages.open("/admin/applications/planner"));
  await pages.post("/admin/applications/app-long/key", { signingKeyId: "" });
  pages.pass(7);
  await pages.open();
  await pages.step(old.id, "retire");
  keep("keys, one is retired", await pages.open(`${KEYS}?done=retire`));
  await pages.app.close();
}
