import { parentPort, workerData } from "node:worker_threads";
import { FederationIntake } from "./federation-intake.ts";
import type { FederationTask, ToFederationWorker } from "./federation-messages.ts";

/**
 * The thread that reads a federation's file, so that sign-ons go on meanwhile, and so that a file which takes more
 * memory than it may ends this thread and nothing else. Started by federation-reader.ts, the only one that it hears:
 * what comes is of our own making, and only the bytes of the file are not.
 */
const intake = new FederationIntake(workerData as FederationTask);
parentPort?.on("message", (message: ToFederationWorker) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- to a thread, not to a window
  parentPort?.postMessage(intake.answer(message));
});
