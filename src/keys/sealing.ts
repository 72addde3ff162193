import { createCipheriv, createDecipheriv, hash, hkdfSync } from "node:crypto";
import type { Random } from "../platform/random.ts";

/** A sealed value that this installation's secret does not open: another secret, another purpose, or a changed byte. */
export class SealBroken extends Error {
  constructor() {
    super("a sealed value cannot be opened: GATEHOUSE_SECRET is not the one that sealed it");
    this.name = "SealBroken";
  }
}

const FORMAT = "s1";
const IV_BYTES = 12;
const TAG_BYTES = 16;

interface SealKey {
  readonly id: string;
  readonly key: Buffer;
}

/**
 * Encryption at rest: AES-256-GCM under keys derived from GATEHOUSE_SECRET (HKDF-SHA-256). The key's id stands in the
 * ciphertext, so a secret can be replaced: the newest seals, the older ones still open. The purpose is authenticated,
 * so a sealed TOTP seed cannot be put in the place of a private key.
 */
export class Sealing {
  readonly #keys: readonly [SealKey, ...SealKey[]];
  readonly #random: Random;

  /** `secrets`: the newest first, at least one, each of 32 characters or more (config.ts checks). */
  constructor(secrets: readonly string[], random: Random) {
    const [newest, ...older] = secrets.map(deriveKey);
    if (newest === undefined) throw new Error("Sealing needs a secret");
    this.#keys = [newest, ...older];
    this.#random = random;
  }

  /** `s1.<key id>.<base64url of IV, ciphertext and tag>`. */
  seal(plaintext: string, purpose: string): string {
    const { id, key } = this.#keys[0];
    const iv = this.#random.bytes(IV_BYTES);
    const cipher = createCipheriv("aes-256-gcm", key, iv);
    cipher.setAAD(Buffer.from(`${FORMAT}.${id}.${purpose}`));
    const body = Buffer.concat([iv, cipher.update(plaintext, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return `${FORMAT}.${id}.${body.toString("base64url")}`;
  }

  /** Throws `SealBroken` whatever the cause. */
  open(sealed: string, purpose: string): string {
    const [format, id, encoded] = sealed.split(".");
    const found = this.#keys.find((candidate) => candidate.id === id);
    if (format !== FORMAT || found === undefined || encoded === undefined) throw new SealBroken();
    const body = Buffer.from(encoded, "base64url");
    if (body.length < IV_BYTES + TAG_BYTES) throw new SealBroken();
    try {
      const decipher = createDecipheriv("aes-256-gcm", found.key, body.subarray(0, IV_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(`${FORMAT}.${found.id}.${purpose}`));
      decipher.setAuthTag(body.subarray(body.length - TAG_BYTES));
      const text = decipher.update(body.subarray(IV_BYTES, body.length - TAG_BYTES));
      return Buffer.concat([text, decipher.final()]).toString("utf8");
    } catch {
      throw new SealBroken();
    }
  }

  /** A key for another purpose than sealing (cookie signatures, CSRF, pairwise subjects), 32 bytes in base64url. */
  derive(purpose: string): string {
    return deriveBytes(this.#keys[0].key.toString("base64url"), purpose).toString("base64url");
  }
}

function deriveKey(secret: string): SealKey {
  const key = deriveBytes(secret, "sealing");
  return { id: hash("sha256", Buffer.concat([Buffer.from("id"), key]), "hex").slice(0, 8), key };
}

function deriveBytes(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "gatehouse", purpose, 32));
}
