import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { FederationMember } from "../model/federation.ts";
import type {
  FederationFile,
  FederationTask,
  FromFederationWorker,
  ToFederationWorker,
} from "./federation-messages.ts";
import { keyOfCertificate } from "./verification-keys.ts";

/** What the thread may take at most; a file of any size needs about a quarter of it. */
const WORKER_LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8 };
/** What is sent at once: enough that the sending costs little, little enough that its members are stored in one go. */
const PIECE_BYTES = 256 * 1024;

/** The file may not be used; `problem` is a sentence for the administrator. */
export class FederationRefused extends Error {
  readonly problem: string;

  constructor(problem: string) {
    super(problem);
    this.name = "FederationRefused";
    this.problem = problem;
  }
}

/**
 * Reads a federation's file in a thread of its own. `onMembers` gets its service providers as they come; they may be
 * believed only when this has returned, because the signature is over the whole. A next piece is read while the
 * members of the last one are being stored, and no further one is asked for.
 *
 * Throws `FederationRefused`, and whatever `pieces` and `onMembers` throw.
 */
export async function readFederation(
  pieces: AsyncIterable<Uint8Array>,
  task: FederationTask,
  onMembers: (members: readonly FederationMember[]) => Promise<void>,
): Promise<FederationFile> {
  const { pinnedCertificate } = task;
  const key = pinnedCertificate === undefined ? undefined : keyOfCertificate(pinnedCertificate);
  if (key !== undefined && "unusable" in key) {
    throw new FederationRefused(`The pinned certificate cannot be used: ${key.unusable}.`);
  }
  const worker = new Worker(new URL("./federation-worker.ts", import.meta.url), {
    workerData: task,
    resourceLimits: WORKER_LIMITS,
  });
  const gone = endOf(worker);
  gone.catch(() => undefined);
  try {
    let stored: Promise<void> = Promise.resolve();
    for await (const bytes of inPieces(pieces)) {
      const answer = await ask(worker, gone, { kind: "piece", bytes });
      await stored;
      if (answer.kind === "members") stored = settledLater(onMembers(answer.members));
    }
    await stored;
    const last = await ask(worker, gone, { kind: "end" });
    if (last.kind !== "end") throw new Error("the worker answered the end of the file with something else");
    return last.file;
  } finally {
    await worker.terminate();
  }
}

/** The same promise, which may fail before anybody waits for it. */
function settledLater(work: Promise<void>): Promise<void> {
  work.catch(() => undefined);
  return work;
}

/** One message, and its answer. Throws `FederationRefused`. */
async function ask(
  worker: Worker,
  gone: Promise<never>,
  message: ToFederationWorker,
): Promise<Exclude<FromFederationWorker, { kind: "refused" }>> {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- to a thread, not to a window
  worker.postMessage(message);
  const answered = once(worker, "message").then(([value]) => value as FromFederationWorker);
  const answer = await Promise.race([answered, gone]);
  if (answer.kind === "refused") throw new FederationRefused(answer.problem);
  return answer;
}

/** Rejects when the thread ends: by itself it does so only where it broke or needed more memory than it may have. */
async function endOf(worker: Worker): Promise<never> {
  const tooMuch = new FederationRefused("It takes more memory than a federation's file may.");
  return await new Promise((_, reject) => {
    worker.once("exit", () => {
      reject(tooMuch);
    });
    worker.once("error", (error: unknown) => {
      const isMemory = error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
      reject(isMemory ? tooMuch : error instanceof Error ? error : new Error("the worker broke"));
    });
  });
}

/** The same bytes in pieces of one size, whatever they come in: many tiny ones would cost a message each. */
async function* inPieces(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let size = 0;
  for await (const bytes of source) {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      const piece = bytes.subarray(at, at + PIECE_BYTES);
      waiting.push(piece);
      size += piece.length;
      if (size < PIECE_BYTES) continue;
      yield new Uint8Array(Buffer.concat(waiting, size));
      waiting = [];
      size = 0;
    }
  }
  if (size > 0) yield new Uint8Array(Buffer.concat(waiting, size));
}
