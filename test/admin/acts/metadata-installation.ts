import assert from "node:assert/strict";
import { registerFromUrl } from "../../../src/admin/acts/metadata-source.ts";
import { refreshDueMetadata, refreshNow } from "../../../src/admin/metadata-schedule.ts";
import { OutboundFailed, type OutboundRequest } from "../../../src/http/outbound.ts";
import type { MetadataFetch, SamlApplication } from "../../../src/model/application.ts";
import { sha256 } from "../../../src/platform/digest.ts";
import { openActs, OWNER } from "../acts-installation.ts";
import { certificate, entityDescriptor } from "../metadata.ts";

export const URL_OF_METADATA = "https://pay.example.org/metadata";
export const KEY = certificate();
export const NEW_KEY = certificate();
export const DAY_MS = 86_400_000;

/** An installation with one application, whose metadata is at an address that the test writes. */
export async function installed(first = entityDescriptor({}, KEY), hasEtags = false) {
  const installation = await openActs();
  const { store, clock } = installation;
  let published: string | undefined = first;
  const asked: OutboundRequest[] = [];
  const leases = new Set<string>();
  const outbound = {
    fetch: async (request: OutboundRequest) => {
      asked.push(request);
      await Promise.resolve();
      if (published === undefined) throw new OutboundFailed();
      const validators = { etag: published === "404" ? undefined : `"${sha256(published)}"` };
      const isKnown = hasEtags && request.known?.etag === validators.etag;
      const status = isKnown ? 304 : published === "404" ? 404 : 200;
      return { status, contentType: "text/html", body: isKnown ? "" : published, validators };
    },
  };
  const acts = { ...installation.acts, outbound };
  const result = await registerFromUrl(acts, OWNER, { url: URL_OF_METADATA }, {});
  assert.ok(result.ok, JSON.stringify(result));
  const { id } = result.application;
  const stored = async (): Promise<SamlApplication> => {
    const found = await store.applications.get(id);
    assert.ok(found?.protocol === "saml");
    return found;
  };
  const last = async (): Promise<MetadataFetch> => {
    const fetch = await store.metadataFetches.get(id);
    assert.ok(fetch !== undefined);
    return fetch;
  };
  const volatile = (taken: Set<string>) => ({
    setIfAbsent: async (key: string) =>
      await Promise.resolve(taken.has(key) ? false : Boolean(taken.add(key))),
  });
  const round = async (taken = leases) => {
    const known = await store.applications.all();
    await refreshDueMetadata({
      ...acts,
      applications: { all: () => known },
      volatile: volatile(taken),
      log: { info() {}, warn() {} },
    });
  };
  return {
    ...installation,
    acts,
    id,
    asked,
    stored,
    last,
    /** As an owner wishes it; `taken` are the leases that there are already. */
    now: async (taken = new Set<string>()) =>
      await refreshNow({ ...acts, volatile: volatile(taken) }, OWNER, id),
    publish: (body: string | undefined) => {
      published = body;
    },
    /** A day later, with this at the address. */
    later: async (body: string | undefined) => {
      published = body;
      clock.advance(DAY_MS);
      leases.clear();
      await round();
      return await stored();
    },
    round,
  };
}
