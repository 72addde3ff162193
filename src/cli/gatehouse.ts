import { userInfo } from "node:os";
import { run } from "./run.ts";

/** In a container the user's number may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${String(process.getuid?.() ?? "unknown")}`;
  }
}

const { status, output } = await run(process.argv.slice(2), {
  environment: process.env,
  stdin: process.stdin,
  say: (line) => void process.stderr.write(`gatehouse: ${line}\n`),
  user: userName(),
});
process.stdout.write(output);
process.exitCode = status;
