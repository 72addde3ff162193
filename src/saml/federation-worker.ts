import { parentPort, workerData } from "node:worker_threads";
import { z } from "zod";
import { FederationIntake } from "./federation-intake.ts";

/**
 * The thread that reads a federation's file, so that sign-ons go on meanwhile, and so that a file which takes more
 * memory than it may ends this thread and nothing else. Started by federation-reader.ts.
 */
const Task = z.object({ pinnedCertificate: z.string().optional(), nowMs: z.number() });
const Message = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("piece"), bytes: z.instanceof(Uint8Array) }),
  z.object({ kind: z.literal("end") }),
]);

const { pinnedCertificate, nowMs } = Task.parse(workerData);
const intake = new FederationIntake({ pinnedCertificate, nowMs });
parentPort?.on("message", (message: unknown) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- to a thread, not to a window
  parentPort?.postMessage(intake.answer(Message.parse(message)));
});
