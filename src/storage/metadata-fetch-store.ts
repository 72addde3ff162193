import type { MetadataFetch } from "../model/application.ts";

/** How the last fetch of each application's metadata went; one record an application, which goes with it. */
export interface MetadataFetchStore {
  get(applicationId: string): Promise<MetadataFetch | undefined>;
  /** In the place of what was there. */
  put(fetch: MetadataFetch): Promise<void>;
  delete(applicationId: string): Promise<void>;
  /** The applications whose metadata need not be fetched yet, with the address that this is said of. */
  notDue(nowMs: number): Promise<ReadonlyMap<string, string>>;
}
