import { parseArgs } from "node:util";
import { describeStartError } from "../src/start-error.ts";
import { DEMO_PASSWORD } from "./parts/demo-installation.ts";
import { startLeakInstallation } from "./parts/leak-installation.ts";
import { LeakStory } from "./parts/leak-story.ts";
import { DemoError, demandFreePorts } from "./parts/processes.ts";

const USAGE = `Usage: npm run demo:leak -- [--stay]

Plays a stolen API token against a Gatehouse of its own: normal use, theft, what the watch does, the owner's notices, the
release, a new secret. Every line is what Gatehouse answered. Nothing is kept.

  --stay     Gatehouse runs on until Ctrl+C, so that the pages can be looked at

PORT is its port (4000).
`;

/** `npm run demo:leak`. */
async function main(): Promise<void> {
  const { stay, help } = readOptions();
  if (help) {
    say(USAGE);
    return;
  }
  const port = readPort(process.env["PORT"]);
  await demandFreePorts("127.0.0.1", [port]);
  const gatehouse = await startLeakInstallation(port);
  const stopped = stopSignal();
  try {
    say(`Gatehouse runs on ${gatehouse.issuer}, with a clock that this demo turns forward from day to day.`);
    const told = await Promise.race([new LeakStory(gatehouse, say).tell(), stopped]);
    if (told === undefined) return;
    say(places(gatehouse.issuer, told, stay));
    if (stay) await stopped;
  } finally {
    await gatehouse.close();
  }
}

function places(
  issuer: string,
  { stolen, successor }: { readonly stolen: string; readonly successor: string },
  stay: boolean,
): string {
  return `
Where it shows${stay ? `, for alice with the password ${DEMO_PASSWORD}` : " (with --stay the pages can be opened)"}:

  her notices                   ${issuer}/account/tokens
  how the token was used        ${issuer}/account/tokens/${stolen}
  the token with the new secret ${issuer}/account/tokens/${successor}
  the same for administrators   ${issuer}/admin/tokens/${stolen}
  all tokens                    ${issuer}/admin/tokens
  the rules of the watch        ${issuer}/admin/tokens/rules
  the audit trail               ${issuer}/admin/audit
${stay ? "\nCtrl+C ends everything." : ""}`;
}

function readOptions(): { readonly stay: boolean; readonly help: boolean } {
  try {
    const options = { stay: { type: "boolean" }, help: { type: "boolean" } } as const;
    const { stay = false, help = false } = parseArgs({ options }).values;
    return { stay, help };
  } catch (error) {
    throw new DemoError(
      `${error instanceof Error ? error.message : String(error)} (see: npm run demo:leak -- --help)`,
    );
  }
}

function readPort(text: string | undefined): number {
  const port = Number(text ?? "4000");
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new DemoError(`PORT is no port: ${text ?? ""}`);
  return port;
}

/** Resolves at the first signal; a second one does not wait. */
async function stopSignal(): Promise<undefined> {
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => {
        resolve();
        process.once(signal, () => process.exit(1));
      });
    }
  });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  await main();
  process.exit(0);
} catch (error) {
  process.stderr.write(`demo: ${error instanceof DemoError ? error.message : describeStartError(error)}\n`);
  process.exit(1);
}
