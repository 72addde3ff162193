import { type Request, type Response, Router } from "express";
import { PATHS } from "../flow/endpoints.ts";
import { queryOf } from "../http/form-body.ts";
import type { Settings } from "../flow/settings.ts";
import { sha256 } from "../platform/digest.ts";
import { metadataDocument, type MetadataParts, SIGNED_METADATA_LIFETIME_MS } from "./metadata-document.ts";

interface Published {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly madeAtMs: number;
}

/** How long a cache may keep what it has before it asks again; the document itself says six hours. */
const MAX_AGE_SECONDS = 300;

export interface MetadataEndpointParts extends Omit<MetadataParts, "organisation"> {
  readonly settings?: Pick<Settings, "organisation" | "onChange"> | undefined;
}

/**
 * GET /saml/metadata: our metadata, and with `?signed=1` the same under our signature (SAML Metadata 4.1). Its bytes are
 * made once, anew when the keys or the organisation change, and the signed ones before half of their `validUntil` has passed: who fetches
 * them has days to fetch them again.
 */
export function metadataEndpoint(parts: MetadataEndpointParts): Router {
  const published = new Map<boolean, Published>();
  parts.keyRing.onLoad(() => published.clear());
  parts.settings?.onChange(() => published.clear());
  const router = Router();
  router.get(PATHS.samlMetadata, (request, response) => {
    send(request, response, fresh(parts, published, queryOf(request).get("signed") === "1"));
  });
  return router;
}

function fresh(
  parts: MetadataEndpointParts,
  published: Map<boolean, Published>,
  isSigned: boolean,
): Published {
  const nowMs = parts.clock.nowMs();
  const known = published.get(isSigned);
  if (known !== undefined && (!isSigned || nowMs - known.madeAtMs < SIGNED_METADATA_LIFETIME_MS / 2)) {
    return known;
  }
  const document = metadataDocument({ ...parts, organisation: parts.settings?.organisation() }, isSigned);
  const made = { bytes: Buffer.from(document), etag: `"${sha256(document)}"`, madeAtMs: nowMs };
  published.set(isSigned, made);
  return made;
}

function send(request: Request, response: Response, { bytes, etag }: Published): void {
  response.setHeader("Content-Type", "application/samlmetadata+xml");
  response.setHeader("Content-Disposition", 'inline; filename="gatehouse-metadata.xml"');
  response.setHeader("Cache-Control", `public, max-age=${MAX_AGE_SECONDS}`);
  response.setHeader("ETag", etag);
  if (request.fresh) {
    response.status(304).end();
    return;
  }
  response.setHeader("Content-Length", bytes.length);
  response.end(bytes);
}
