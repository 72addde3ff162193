import { generateKeyPairSync, sign } from "node:crypto";

/** RSA-2048 signatures and nothing else: the physical limit of a sign-on, measured on the same core in the same round. */
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const data = Buffer.alloc(400, "x");

process.on("message", (message: { readonly milliseconds: number }) => {
  const before = process.cpuUsage();
  const startMs = performance.now();
  let count = 0;
  while (performance.now() - startMs < message.milliseconds) {
    sign("sha256", data, privateKey);
    count++;
  }
  const elapsedMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(before);
  process.send?.({ rate: (count / elapsedMs) * 1000, cpuMicros: (user + system) / count });
});

process.once("disconnect", () => process.exit(0));
