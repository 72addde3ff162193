import assert from "node:assert/strict";
import { addFederation, type NewFederation } from "../../../src/admin/acts/federations.ts";
import { registerMember } from "../../../src/admin/acts/federation-members.ts";
import { type FederationRefresh, refreshFederation } from "../../../src/admin/acts/refresh-federation.ts";
import { refreshDueFederations } from "../../../src/admin/federation-schedule.ts";
import { type Download, type DownloadRequest, OutboundFailed } from "../../../src/http/outbound.ts";
import type { SamlApplication } from "../../../src/model/application.ts";
import type { Federation } from "../../../src/model/federation.ts";
import { CERTIFICATE, KEY } from "../../attack/saml/odd-federations.ts";
import {
  federationText,
  type FederationText,
  member,
  type MemberText,
} from "../../fixtures/saml/federation-file.ts";
import { sha256 } from "../../../src/platform/digest.ts";
import type { DurableStore } from "../../../src/storage/stores.ts";
import { openActs, OWNER } from "../acts-installation.ts";

export const URL_OF_FILE = "https://federation.example/metadata";
export const PEM = `-----BEGIN CERTIFICATE-----\n${CERTIFICATE.match(/.{1,64}/g)?.join("\n")}\n-----END CERTIFICATE-----\n`;
export const A = "https://a.example/sp";
export const B = "https://b.example/sp";

export type Written = Partial<MemberText> & Pick<MemberText, "entityId">;

/** A federation's file with these members, signed unless it is said otherwise. */
export function fileOf(
  members: readonly Written[],
  options: FederationText = { key: KEY.privateKey },
): string {
  return federationText(
    members.map((written) => member({ certificate: CERTIFICATE, ...written })),
    options,
  );
}

export async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text));
}

/** The same store, which notes the members that are written. */
function watched(store: DurableStore, written: string[]): DurableStore {
  const { federations } = store;
  const addMembers: DurableStore["federations"]["addMembers"] = async (id, generation, members) => {
    written.push(...members.map(({ entityId }) => entityId));
    await federations.addMembers(id, generation, members);
  };
  const noting = new Proxy(federations, {
    get: (target, name): unknown => {
      if (name === "addMembers") return addMembers;
      const found: unknown = Reflect.get(target, name);
      return typeof found === "function" ? found.bind(target) : found;
    },
  });
  return { ...store, federations: noting };
}

/** An installation with one federation, whose file is at an address that the test writes. */
export async function withFederation(input: Partial<NewFederation> = {}, hasEtags = false) {
  const installation = await openActs();
  const written: string[] = [];
  const store = watched(installation.store, written);
  let published: string | undefined;
  const asked: DownloadRequest[] = [];
  const leases = new Map<string, string>();
  const outbound = {
    download: async <T>(request: DownloadRequest, take: (answer: Download) => Promise<T>): Promise<T> => {
      asked.push(request);
      if (published === undefined) throw new OutboundFailed();
      const etag = `"${sha256(published)}"`;
      if (hasEtags && request.known?.etag === etag) {
        return await take({ status: 304, body: bytesOf(""), validators: { etag } });
      }
      const validators = hasEtags ? { etag } : {};
      return await take({ status: published === "404" ? 404 : 200, body: bytesOf(published), validators });
    },
  };
  const volatile = {
    get: async (key: string) => await Promise.resolve(leases.get(key)),
    delete: async (keys: readonly string[]) => {
      for (const key of keys) leases.delete(key);
      return await Promise.resolve(keys.length);
    },
    setIfAbsent: async (key: string, value: string) => {
      if (leases.has(key)) return await Promise.resolve(false);
      leases.set(key, value);
      return true;
    },
  };
  const acts = { ...installation.acts, store, outbound, volatile };
  const added = await addFederation(acts, OWNER, {
    name: "Universities",
    url: URL_OF_FILE,
    pin: PEM,
    allowAllMembers: false,
    ...input,
  });
  assert.ok(added.ok, JSON.stringify(added));
  const { id } = added.federation;

  const stored = async (): Promise<Federation> => {
    const found = await store.federations.get(id);
    assert.ok(found !== undefined);
    return found;
  };
  return {
    ...installation,
    store,
    acts,
    id,
    asked,
    leases,
    /** Members that were stored, by entityID, whatever became of their copy. */
    written,
    stored,
    publish: (text: string | undefined) => {
      published = text;
    },
    refresh: async (text: string | undefined): Promise<FederationRefresh> => {
      published = text;
      return await refreshFederation(acts, OWNER, id);
    },
    round: async () => {
      const known = await store.applications.all();
      const log = { info() {}, warn() {} };
      await refreshDueFederations({ ...acts, applications: { all: () => known }, log });
    },
    member: async (entityId: string) => await store.federations.member(id, entityId),
    register: async (entityId: string): Promise<SamlApplication> => {
      const result = await registerMember(acts, OWNER, await stored(), entityId);
      assert.ok(result.ok, JSON.stringify(result));
      return result.application;
    },
    application: async (applicationId: string): Promise<SamlApplication> => {
      const found = await store.applications.get(applicationId);
      assert.ok(found?.protocol === "saml");
      return found;
    },
    actions: async () => (await installation.events()).map(({ action }) => action),
  };
}
