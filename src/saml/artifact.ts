import { hash } from "node:crypto";
import { strictBase64 } from "./xml/base64.ts";

/** SAML_artifact type 0x0004 (SAML Bindings 3.6.4): a reference to a message that its issuer keeps. */
export interface Artifact {
  readonly endpointIndex: number;
  /** SHA-1 of the issuer's entityID: a name, not a protection. */
  readonly sourceId: Buffer;
  /** 160 random bits. */
  readonly messageHandle: Buffer;
}

const TYPE = 0x0004;
const HANDLE_BYTES = 20;
const ARTIFACT_BYTES = 4 + 2 * HANDLE_BYTES;

export function sourceIdOf(entityId: string): Buffer {
  return hash("sha1", entityId, "buffer");
}

export function writeArtifact({ endpointIndex, sourceId, messageHandle }: Artifact): string {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(TYPE, 0);
  head.writeUInt16BE(endpointIndex, 2);
  return Buffer.concat([head, sourceId, messageHandle]).toString("base64");
}

/** undefined: no artifact of the one type that SAML 2.0 defines. */
export function readArtifact(text: string): Artifact | undefined {
  const bytes = strictBase64(text, "without");
  if (bytes?.length !== ARTIFACT_BYTES || bytes.readUInt16BE(0) !== TYPE) return undefined;
  return {
    endpointIndex: bytes.readUInt16BE(2),
    sourceId: bytes.subarray(4, 4 + HANDLE_BYTES),
    messageHandle: bytes.subarray(4 + HANDLE_BYTES),
  };
}

/**
 * The index that its two bytes spell as hexadecimal digits, which is how pysaml2 writes it ("01" for 1); undefined where
 * they spell none.
 */
export function spelledIndex({ endpointIndex }: Artifact): number | undefined {
  const digits = String.fromCharCode(endpointIndex >> 8, endpointIndex & 0xff);
  return /^[0-9a-f]{2}$/.test(digits) ? Number.parseInt(digits, 16) : undefined;
}
