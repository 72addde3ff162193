import type { Federation, FederationChange, FederationMember } from "../model/federation.ts";
import type { ListOptions, Page } from "./page.ts";

/** A member as a list shows it. */
export type MemberLine = Omit<FederationMember, "xml" | "digest">;

/**
 * Federations and their members. The members of a new copy are written under a generation of their own, beside those
 * of the copy in force; `update` with the new copy switches to them in one statement.
 */
export interface FederationStore {
  /** By name. */
  all(): Promise<readonly Federation[]>;
  get(id: string): Promise<Federation | undefined>;
  /** Throws Conflict on `name`. */
  insert(federation: Federation): Promise<void>;
  /** Replaces the record where its `updatedAtMs` is still `readAtMs`; false otherwise. Throws Conflict on `name`. */
  update(federation: Federation, readAtMs: number): Promise<boolean>;
  /** With all members of all copies. */
  delete(id: string): Promise<boolean>;
  /**
   * Adds members to a copy that is being read. An entityID that comes twice with different metadata is ambiguous: it is
   * kept as no member at all.
   */
  addMembers(federationId: string, generation: string, members: readonly FederationMember[]): Promise<void>;
  /** How two copies differ; without a first one everything is new. */
  compare(before: string | undefined, after: string): Promise<FederationChange>;
  /** Deletes the members of one copy; a part at a time, so that nobody waits for long. */
  deleteCopy(generation: string): Promise<void>;
  /** Deletes copies of a federation that were begun before an instant and are not in force: of processes that died. */
  deleteAbandoned(federationId: string, beforeMs: number): Promise<void>;
  /** A member of the copy in force, whether it is still valid or not. */
  member(federationId: string, entityId: string): Promise<FederationMember | undefined>;
  /** A valid member of a federation whose members may all sign on; the oldest such federation's. */
  memberForSignOn(
    entityId: string,
    nowMs: number,
  ): Promise<{ readonly federation: Federation; readonly member: FederationMember } | undefined>;
  /** Members of a copy by name; `search` matches name and entityID. */
  listMembers(generation: string, options: ListOptions): Promise<Page<MemberLine>>;
}

/** A new generation's name begins with the instant, so that it can be told how old it is. */
export function generationName(atMs: number, id: string): string {
  return `${String(atMs).padStart(15, "0")}-${id}`;
}
