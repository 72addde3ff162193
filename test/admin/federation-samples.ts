import { A, B, fileOf, PEM } from "./acts/federation-installation.ts";
import type { AdminApp } from "./admin-app.ts";
import { type AdminBrowser, type Answer, hiddenField } from "./admin-browser.ts";
import { certificate, entityDescriptor } from "./metadata.ts";

const LIST = "/admin/federations";
const LONG_NAME = "Arbeitsgemeinschaft der Hochschulrechenzentren, Verbund für Identitäten, Produktion";
const URL_OF_FILE = `https://metadata.${"very-long-".repeat(9)}federation.example/metadata.xml`;
const UNSIGNED = {};

type Keep = (name: string, answer: Answer) => Answer;

/** The pages about federations, and about the metadata of an application, in each of their shapes. */
export async function gatherFederations(app: AdminApp, olga: AdminBrowser, keep: Keep): Promise<void> {
  keep("federations, none yet", await olga.get(LIST));
  keep("new federation", await olga.get(`${LIST}/new`));
  const check = async (fields: Readonly<Record<string, string>>) =>
    await olga.upload(`${LIST}/new/check`, { name: "", content: "" }, fields);
  keep("new federation, wrong address", await check({ name: LONG_NAME, url: "x", pin: "y" }));
  keep("new federation, no file", await check({ name: "" }));
  keep("new federation, wrong certificate", await check({ name: "x", xml: "<x/>", pin: "y" }));
  const add = async (answer: Answer): Promise<string> => {
    const { to = "" } = await olga.post(`${LIST}/new/add`, { draft: hiddenField(answer.body, "draft") });
    return to;
  };

  const signed = fileOf([{ entityId: A, name: LONG_NAME }, { entityId: B }]);
  const byHand = keep("check a federation by hand", await check({ name: "Schools", xml: signed, pin: PEM }));
  const schools = await add(byHand);
  keep("federation, just added", await olga.get(schools));
  await olga.post(`${schools.replace(/\?.*/, "")}/register`, { entityId: A });

  const many = Array.from({ length: 30 }, (_, count) => ({ entityId: `https://m${count}.example/sp` }));
  app.web.pages.set(URL_OF_FILE, { body: fileOf([{ entityId: B, name: LONG_NAME }, ...many], UNSIGNED) });
  const fields = { name: LONG_NAME, url: URL_OF_FILE, allowAllMembers: "on" };
  const large = keep("check a federation at an address", await check(fields));
  const page = (await add(large)).replace(/\?.*/, "");
  keep("federation of many, unsigned", await olga.get(page));
  await olga.post(`${page}/register`, { entityId: B });
  keep("federation, somebody else's member", await olga.get(`${page}?q=${encodeURIComponent(A)}`));
  keep("federation, one member", await olga.get(`${page}?q=${encodeURIComponent(B)}`));
  keep("federation, no such member", await olga.get(`${page}?q=nothing`));
  app.web.pages.set(URL_OF_FILE, { body: fileOf([{ entityId: B, certificate: certificate() }], UNSIGNED) });
  await olga.post(`${page}/fetch`, {});
  app.web.pages.set(URL_OF_FILE, { body: "hello" });
  await app.parts.stores.volatile.delete([`federation-fetch:${page.split("/").at(-1)}`]);
  const failed = await olga.post(`${page}/fetch`, {});
  const waiting = keep("federation, one waits and the last fetch failed", await olga.get(failed.to ?? ""));
  keep(
    "federation, wrong settings",
    await olga.post(`${page}/settings`, {
      version: hiddenField(waiting.body, "version"),
      name: "",
      url: "x",
      pin: "",
    }),
  );
  keep("federations", await olga.get(LIST));
  keep("no such federation", await olga.get(`${LIST}/none`));
  const target = /href="([^"]+\/metadata)"/.exec(waiting.body)?.[1] ?? "";
  keep("metadata, what the federation says waits", await olga.get(target));
  await gatherSource(app, olga, keep, target);
}

async function gatherSource(app: AdminApp, olga: AdminBrowser, keep: Keep, path: string): Promise<void> {
  const url = "https://sp.example/metadata";
  keep("metadata, wrong address", await olga.post(path, { url: "x", pin: "" }));
  await olga.post(path, { url, pin: "" });
  keep("metadata, not fetched yet", await olga.get(path));
  app.web.pages.set(url, { body: entityDescriptor({ entityId: B }, certificate()) });
  const fetched = await olga.post(`${path}/fetch`, {});
  keep("metadata, fetched and waiting", await olga.get(fetched.to ?? ""));
  const again = await olga.post(`${path}/fetch`, {});
  keep("metadata, not fetched so soon", await olga.get(again.to ?? ""));
}
