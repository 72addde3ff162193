import type { Application } from "../../src/model/application.ts";
import type { SigningKeyRecord, SigningKeyState } from "../../src/model/signing-key.ts";
import { type AdminApp, startAdminApp } from "./admin-app.ts";
import { AdminBrowser, type Answer, type Fields } from "./admin-browser.ts";
import { DAY_MS } from "./acts/keys-installation.ts";

export const KEYS = "/admin/keys";

/** The administration with an owner in it, and what the tests of a rollover ask again and again. */
export interface KeyPages {
  readonly app: AdminApp;
  /** Logs in anew: a session does not outlive the days that a test lets pass. */
  readonly open: (path?: string) => Promise<Answer>;
  readonly post: (path: string, fields: Fields) => Promise<Answer>;
  readonly step: (keyId: string, step: string, reason?: string) => Promise<Answer>;
  /** The RSA key in this state, as it is stored. */
  readonly key: (state: SigningKeyState) => Promise<SigningKeyRecord>;
  readonly add: (...applications: readonly Application[]) => Promise<void>;
  /** Lets days pass. */
  readonly pass: (days: number) => void;
}

export async function startKeyPages(): Promise<KeyPages> {
  return await keyPagesOf(await startAdminApp());
}

export async function keyPagesOf(app: AdminApp): Promise<KeyPages> {
  const { signingKeys, applications, stores } = app.parts;
  let olga = await AdminBrowser.as(app, "olga");
  const post = async (path: string, fields: Fields) => await olga.post(path, fields);
  return {
    app,
    open: async (path = KEYS) => {
      olga = await AdminBrowser.as(app, "olga");
      return await olga.get(path);
    },
    post,
    step: async (keyId, step, reason) =>
      await post(`${KEYS}/step`, { keyId, step, ...(reason === undefined ? {} : { reason }) }),
    key: async (state) => {
      const keys = [...(await signingKeys.records()), ...(await signingKeys.retired(10))];
      const found = keys.find((each) => each.type === "RSA-2048" && each.state === state);
      if (found === undefined) throw new Error(`no key is ${state}`);
      return found;
    },
    add: async (...more) => {
      for (const each of more) await stores.durable.applications.insert(each);
      await applications.reload();
    },
    pass: (days) => {
      app.clock.advance(days * DAY_MS);
    },
  };
}

/** The part of the page between two texts, for looking at one key or one row. */
export function between(page: string, from: string, to: string): string {
  const start = page.indexOf(from);
  if (start === -1) throw new Error(`the page does not have ${from}`);
  return page.slice(start, page.indexOf(to, start));
}

/** A row of the table, without markup. */
export function rowOf(page: string, name: string): string {
  const row = page
    .split("<tr>")
    .slice(1)
    .find((each) => each.includes(`>${name}</a>`));
  if (row === undefined) throw new Error(`the table does not have ${name}`);
  return row.replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ");
}
