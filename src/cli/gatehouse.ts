import { userInfo } from "node:os";
import { describeStartError } from "../start-error.ts";
import { accountAdd } from "./account-add.ts";
import { appAddOidc } from "./app-add-oidc.ts";
import { appAddSaml } from "./app-add-saml.ts";
import { type Command, RefusedInput, type Surroundings, UsageError } from "./command.ts";
import { keysRotate } from "./keys-rotate.ts";

const COMMANDS: readonly Command[] = [accountAdd, appAddSaml, appAddOidc, keysRotate];

const HELP = `Usage: gatehouse COMMAND [options]

${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(14)}${summary}`).join("\n")}

Each prints JSON on standard output and messages on standard error. A running server sees the change within a second.
The settings are the server's: DATABASE_URL, REDIS_URL, GATEHOUSE_SECRET, GATEHOUSE_ISSUER.
More about one: gatehouse COMMAND --help
`;

/** Runs the command line and returns the exit status: 0 done, 1 refused or broken, 2 usage. */
async function main(args: readonly string[]): Promise<number> {
  const command = COMMANDS.find(({ name }) => args.slice(0, 2).join(" ") === name);
  if (command === undefined) return withoutCommand(args);
  const rest = args.slice(2);
  if (rest.includes("--help")) {
    process.stdout.write(command.help);
    return 0;
  }
  try {
    const result = await command.run(rest, surroundings());
    process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
    return 0;
  } catch (error) {
    return explain(error, command);
  }
}

function withoutCommand(args: readonly string[]): number {
  if (args.includes("--help") || args[0] === "help") {
    process.stdout.write(HELP);
    return 0;
  }
  if (args.length > 0) say(`there is no command "${args.slice(0, 2).join(" ")}"`);
  process.stderr.write(HELP);
  return 2;
}

function explain(error: unknown, command: Command): number {
  if (error instanceof UsageError) {
    say(`${error.message} (see: gatehouse ${command.name} --help)`);
    return 2;
  }
  say(error instanceof RefusedInput ? error.message : describeStartError(error));
  return 1;
}

function surroundings(): Surroundings {
  return { environment: process.env, stdin: process.stdin, say, user: userName() };
}

/** In a container the user's number may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${String(process.getuid?.() ?? "unknown")}`;
  }
}

function say(line: string): void {
  process.stderr.write(`gatehouse: ${line}\n`);
}

process.exitCode = await main(process.argv.slice(2));
