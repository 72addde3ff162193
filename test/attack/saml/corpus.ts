import type { SamlRefusalCode } from "../../../src/saml/message-refused.ts";
import { NAME_ID } from "../../../src/saml/namespaces.ts";
import { Landing } from "./landing.ts";
import { type ServiceProvider, serviceProvider } from "./service-provider.ts";

/** A request to one of the two SAML endpoints, exactly as it leaves. */
export interface Sent {
  readonly method: "GET" | "POST";
  readonly path: "/saml/sso" | "/saml/slo";
  /** Query or form. */
  readonly raw: string;
}

export interface RefusedCase {
  /** The row of the catalogue of attacks. */
  readonly id: string;
  readonly name: string;
  readonly code: SamlRefusalCode;
  /** What the facts on the page must say, where the code alone could have another cause. */
  readonly says?: RegExp;
  readonly send: (world: World) => Sent;
}

export interface AcceptedCase {
  readonly name: string;
  readonly send: (world: World) => Sent;
  /** What the sign-on request must say; nothing for a logout. */
  readonly expect?: Readonly<Record<string, unknown>>;
  /** What its SAML half must say. */
  readonly wire?: Readonly<Record<string, unknown>>;
}

/** Everybody who takes part: three registered service providers, and alice's session at two of them. */
export interface World {
  readonly landing: Landing;
  /** Its requests must be signed. */
  readonly wiki: ServiceProvider;
  /** Its requests need no signature. */
  readonly mail: ServiceProvider;
  /** Registered as well, and hostile. */
  readonly evil: ServiceProvider;
  /** A message ID that was not used before. */
  readonly id: () => string;
}

export async function openWorld(): Promise<World> {
  const wiki = serviceProvider("wiki", { requestsMustBeSigned: true });
  const mail = serviceProvider("mail");
  const evil = serviceProvider("evil", { requestsMustBeSigned: true });
  const landing = await Landing.open(wiki.application, mail.application, evil.application);
  await landing.signedOn("session-1", NAME_ID.persistent, wiki.application, mail.application);
  await landing.signedOn("session-2", NAME_ID.persistent, wiki.application);
  let last = 0;
  const id = () => {
    last += 1;
    return `_message-${last}`;
  };
  return { landing, wiki, mail, evil, id };
}

export function sso(method: "GET" | "POST", raw: string): Sent {
  return { method, path: "/saml/sso", raw };
}

export function slo(method: "GET" | "POST", raw: string): Sent {
  return { method, path: "/saml/slo", raw };
}

export async function deliver({ landing }: World, { method, path, raw }: Sent) {
  return method === "GET" ? await landing.get(path, raw) : await landing.post(path, raw);
}

/** Everything that a refused message must have left as it was. */
export async function stateOf({ landing, wiki, mail }: World) {
  return {
    writes: landing.writes,
    started: landing.started.length,
    refusals: landing.refusals.length,
    soap: landing.soap.length,
    alive: [await landing.sessions.exists("session-1"), await landing.sessions.exists("session-2")],
    participants: (await landing.participants.list("session-1")).map(({ applicationId }) => applicationId),
    known: [
      await landing.participants.sessionsOf(wiki.application.id, "alice"),
      await landing.participants.sessionsOf(mail.application.id, "alice"),
    ],
  };
}

/** alice as wiki and mail know her. */
export const ALICE = `<saml:NameID Format="${NAME_ID.persistent}">alice</saml:NameID>`;
