import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

/** The folder for temporary files cannot take it: it is full, or may not be written. */
export class SpoolFailed extends Error {
  constructor(options?: ErrorOptions) {
    super("it could not be kept in the folder for temporary files", options);
    this.name = "SpoolFailed";
  }
}

/** Bytes of any number on the disk, until they have been used. */
export interface SpooledFile {
  /** SHA-256 of them, base64url. */
  readonly digest: string;
  /** From the first byte, as often as it is wanted. */
  readonly read: () => AsyncIterable<Uint8Array>;
}

/**
 * Keeps what comes in a temporary file while `use` is at work, so that it can be looked at as a whole before any of it
 * is read. Nobody but this process's user can read the file, and it is gone afterwards. Throws `SpoolFailed`, and
 * whatever `pieces` and `use` throw.
 */
export async function withSpooled<T>(
  pieces: AsyncIterable<Uint8Array>,
  use: (file: SpooledFile) => Promise<T>,
): Promise<T> {
  // mkdtemp makes the folder for its owner alone.
  const folder = await onDisk(async () => await mkdtemp(join(tmpdir(), "gatehouse-")));
  try {
    const path = join(folder, "file");
    const hash = createHash("sha256");
    await onDisk(async () => {
      await pipeline(hashed(pieces, hash), createWriteStream(path, { flags: "wx", mode: 0o600 }));
    });
    return await use({ digest: hash.digest("base64url"), read: () => createReadStream(path) });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function* hashed(
  pieces: AsyncIterable<Uint8Array>,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    hash.update(piece);
    yield piece;
  }
}

async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isDisk = error instanceof Error && "syscall" in error && "path" in error;
    throw isDisk ? new SpoolFailed({ cause: error }) : error;
  }
}
