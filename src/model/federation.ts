/** Many service providers in one file of metadata, which somebody else keeps. */
export interface Federation {
  readonly id: string;
  /** Unique. */
  readonly name: string;
  /** Where its metadata is fetched; absent: it is handed over by hand. */
  readonly url?: string | undefined;
  /** Base64 DER: the file must be signed by its key. */
  readonly pinnedCertificate?: string | undefined;
  /** Every member may sign on without being registered by hand first. */
  readonly allowAllMembers: boolean;
  /** The copy that is in force; absent until one has been read. */
  readonly copy?: FederationCopy | undefined;
  readonly lastFetchMs?: number | undefined;
  /** What the address said of the file that the copy was read from, for asking whether there is a newer one. */
  readonly fetched?: FetchedVersion | undefined;
  /** Absent where nothing is fetched. */
  readonly nextDueMs?: number | undefined;
  /** Why the last fetch changed nothing, as a sentence; absent when it went well. */
  readonly problem?: string | undefined;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** Validators of a file at an address (RFC 9110, 8.8). */
export interface FetchedVersion {
  /** The federation may have another address by now. */
  readonly url: string;
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
}

/** A file of a federation as it was read, whole and checked. */
export interface FederationCopy {
  /** Names the rows of its members. */
  readonly generation: string;
  /** SHA-256 of the file's bytes, base64url. */
  readonly fileDigest: string;
  /** The pinned certificate that its signature was checked with; absent: with none, or it was not noted. */
  readonly checkedWith?: string | undefined;
  readonly cacheDurationMs?: number | undefined;
  readonly readAtMs: number;
  /** From then on nobody of it may sign on. */
  readonly validUntilMs?: number | undefined;
  /** Service providers of SAML 2.0. */
  readonly members: number;
  /** Entities that are none. */
  readonly others: number;
  /** Service providers that cannot be used: too large, or without a usable entityID. */
  readonly leftOut: number;
  readonly change: FederationChange;
}

/** What a copy has that the one before it had not, by entityID. */
export interface FederationChange {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
}

/** One service provider of a federation. */
export interface FederationMember {
  readonly entityId: string;
  readonly name: string;
  /** SHA-256 of `xml`, base64url. */
  readonly digest: string;
  /** The earliest validUntil of itself and what is around it. */
  readonly validUntilMs?: number | undefined;
  /** Its EntityDescriptor as a document of its own. */
  readonly xml: string;
}

/** What says of an application that it came from a federation. */
export interface FederationMembership {
  readonly federationId: string;
  /** The digest of the member's metadata as it was taken. */
  readonly digest: string;
  /** The digest of metadata that an owner must agree to first. */
  readonly waitingDigest?: string | undefined;
  /** The digest of metadata that an owner has thrown away: it is not offered again. */
  readonly dismissedDigest?: string | undefined;
  /** Since when it is no member any more; it was switched off then. */
  readonly leftAtMs?: number | undefined;
}
