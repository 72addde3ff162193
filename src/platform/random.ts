import { randomBytes, randomFillSync } from "node:crypto";

/** Where randomness comes from; the tests put in a fixed one where an output is compared with a golden file. */
export interface Random {
  bytes(count: number): Buffer;
}

export const systemRandom: Random = { bytes: (count) => randomBytes(count) };

/** Fetched from the generator at once: a call for twenty bytes costs as much as one for these. */
const POOL_BYTES = 2_048;

/**
 * The system's generator, asked for some hundred values at a time, as Node.js does for its UUIDs. Each byte is handed
 * out once, in a buffer of the caller's own, and wiped here as it goes.
 */
export function pooledRandom(): Random {
  const pool = Buffer.allocUnsafeSlow(POOL_BYTES);
  let used = POOL_BYTES;
  return {
    bytes: (count) => {
      if (count > POOL_BYTES) return randomBytes(count);
      if (used + count > POOL_BYTES) {
        randomFillSync(pool);
        used = 0;
      }
      const bytes = Buffer.from(pool.subarray(used, used + count));
      pool.fill(0, used, used + count);
      used += count;
      return bytes;
    },
  };
}

/** 256 random bits in base64url: 43 characters that need no escaping in a URL, a form or a header. */
export function randomToken(random: Random): string {
  return random.bytes(32).toString("base64url");
}

/** 128 random bits as a hexadecimal id for records that grant nothing by themselves. */
export function randomId(random: Random): string {
  return random.bytes(16).toString("hex");
}

// Without 0, 1, I, L, O and U: read over the telephone and typed again without a mistake.
const REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A reference for people, such as `GH-4F7K-92MX`: about 39 random bits. */
export function randomReference(random: Random, prefix: string): string {
  const letters: string[] = [];
  while (letters.length < 8) {
    for (const byte of random.bytes(16)) {
      // 240 is the largest multiple of 30 in a byte: what is above would favour the first letters.
      if (byte < 240 && letters.length < 8) letters.push(REFERENCE_ALPHABET.charAt(byte % 30));
    }
  }
  return `${prefix}-${letters.slice(0, 4).join("")}-${letters.slice(4).join("")}`;
}
