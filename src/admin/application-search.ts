import type { Application, Protocol } from "../model/application.ts";

/** What the list of applications is narrowed to. */
export interface ApplicationFilter {
  readonly search: string;
  readonly protocol: Protocol | undefined;
  readonly state: "on" | "off" | undefined;
}

/** Those that match, by name. Looked through: name, entityID or client_id, and the registered addresses. */
export function searchApplications(
  applications: readonly Application[],
  { search, protocol, state }: ApplicationFilter,
): readonly Application[] {
  const sought = search.trim().toLowerCase();
  return applications
    .filter((application) => protocol === undefined || application.protocol === protocol)
    .filter((application) => state === undefined || application.enabled === (state === "on"))
    .filter((application) => textsOf(application).some((text) => text.toLowerCase().includes(sought)))
    .toSorted((a, b) => a.name.localeCompare(b.name, "en") || a.id.localeCompare(b.id));
}

function textsOf(application: Application): readonly string[] {
  const { name, id } = application;
  return application.protocol === "saml"
    ? [name, application.entityId, ...application.assertionConsumerServices.map(({ location }) => location)]
    : [name, id, ...application.redirectUris];
}

/** One page of a list that is in memory. A page number that is out of range becomes the nearest one. */
export interface ListPage<T> {
  readonly items: readonly T[];
  readonly page: number;
  readonly pages: number;
  /** Of the first and the last item shown, counted from 1; 0 when there is none. */
  readonly from: number;
  readonly to: number;
  readonly total: number;
}

export function pageOf<T>(all: readonly T[], wanted: number, size: number): ListPage<T> {
  const pages = Math.max(1, Math.ceil(all.length / size));
  const page = Math.min(Math.max(1, wanted), pages);
  const items = all.slice((page - 1) * size, page * size);
  const from = items.length === 0 ? 0 : (page - 1) * size + 1;
  return { items, page, pages, from, to: from === 0 ? 0 : from + items.length - 1, total: all.length };
}
