import { describeStartError } from "../start-error.ts";
import { accountAdd } from "./account-add.ts";
import { appAddOidc } from "./app-add-oidc.ts";
import { appAddSaml } from "./app-add-saml.ts";
import { appSetOidc } from "./app-set-oidc.ts";
import { appSetSaml } from "./app-set-saml.ts";
import { appRotateSecret } from "./app-rotate-secret.ts";
import { type Command, RefusedInput, type Surroundings, UsageError } from "./command.ts";
import {
  federationAdd,
  federationList,
  federationRefresh,
  federationRemove,
  federationSet,
} from "./federation.ts";
import { keysRetire } from "./keys-retire.ts";
import { keysRotate } from "./keys-rotate.ts";
import { keysSchedule } from "./keys-schedule.ts";
import { keysShow } from "./keys-show.ts";
import { organisationSet, organisationShow } from "./organisation.ts";
import { resourceAdd, resourceList, resourceRemove, resourceSet } from "./resource.ts";
import { tokenCreate } from "./token-create.ts";
import { tokenInspect } from "./token-inspect.ts";
import { tokenList } from "./token-list.ts";
import { tokenRevoke } from "./token-revoke.ts";
import { watchSet, watchShow } from "./watch.ts";

const COMMANDS: readonly Command[] = [
  accountAdd,
  appAddSaml,
  appSetSaml,
  appAddOidc,
  appSetOidc,
  appRotateSecret,
  federationAdd,
  federationList,
  federationRefresh,
  federationSet,
  federationRemove,
  keysShow,
  keysRotate,
  keysRetire,
  keysSchedule,
  organisationSet,
  organisationShow,
  resourceAdd,
  resourceList,
  resourceSet,
  resourceRemove,
  tokenCreate,
  tokenList,
  tokenRevoke,
  tokenInspect,
  watchSet,
  watchShow,
];

const HELP = `Usage: gatehouse COMMAND [options]

${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(19)}${summary}`).join("\n")}

Each prints JSON on standard output and messages on standard error. A running server sees the change within a second.
The settings are the server's: DATABASE_URL, REDIS_URL, GATEHOUSE_SECRET, GATEHOUSE_ISSUER.
More about one: gatehouse COMMAND --help
`;

/** How a run ended: 0 done, 1 refused or broken, 2 usage; and what goes to standard output. */
export interface RunResult {
  readonly status: 0 | 1 | 2;
  readonly output: string;
}

/** Runs one command line. Never throws: what goes wrong is said through `surroundings.say`. */
export async function run(args: readonly string[], surroundings: Surroundings): Promise<RunResult> {
  const command = COMMANDS.find(({ name }) => args.slice(0, 2).join(" ") === name);
  if (command === undefined) return withoutCommand(args, surroundings);
  const rest = args.slice(2);
  if (rest.includes("--help")) return { status: 0, output: command.help };
  try {
    const result = await command.run(rest, surroundings);
    return { status: 0, output: `${JSON.stringify(result, null, 2)}\n` };
  } catch (error) {
    return explain(error, command, surroundings);
  }
}

function withoutCommand(args: readonly string[], { say }: Surroundings): RunResult {
  if (args.includes("--help") || args[0] === "help") return { status: 0, output: HELP };
  if (args.length > 0) say(`there is no command "${args.slice(0, 2).join(" ")}"`);
  say(HELP.trimEnd());
  return { status: 2, output: "" };
}

function explain(error: unknown, command: Command, { say }: Surroundings): RunResult {
  if (error instanceof UsageError) {
    say(`${error.message} (see: gatehouse ${command.name} --help)`);
    return { status: 2, output: "" };
  }
  say(error instanceof RefusedInput ? error.message : describeStartError(error));
  return { status: 1, output: "" };
}
