import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { temporaryFolder } from "../fixtures/children.ts";

/** What came of one run of the command. */
export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as JSON. Throws when it is none. */
  json(): Record<string, unknown>;
}

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly stdin?: string | Buffer;
  /** For node itself, before the command. */
  readonly nodeArguments?: readonly string[];
}

const LAUNCHER = join(import.meta.dirname, "..", "..", "src", "cli", "launch.js");

/** An installation of its own, on files in an empty folder. */
export function newInstallation(): { readonly folder: string; readonly environment: Record<string, string> } {
  const folder = temporaryFolder("command");
  const environment = {
    DATABASE_URL: `sqlite:${join(folder, "gatehouse.db")}`,
    GATEHOUSE_SECRET: "a-secret-of-this-test-0123456789abcdef",
    GATEHOUSE_ISSUER: "https://id.example.org",
    GATEHOUSE_CERTS: join(folder, "certs"),
  };
  return { folder, environment };
}

/** Runs the command as a process of its own, with no other settings than these. */
export async function gatehouse(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const child = spawn(process.execPath, [...(options.nodeArguments ?? []), LAUNCHER, ...args], {
    env: { PATH: process.env["PATH"], ...options.environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  // A command that refuses its options ends before it has read its input.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.stdin ?? "");
  const closed = once(child, "close");
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await closed;
  return {
    status: child.exitCode,
    stdout,
    stderr,
    json: () => {
      const parsed: unknown = JSON.parse(stdout);
      if (typeof parsed !== "object" || parsed === null) throw new Error("no object was printed");
      return { ...parsed };
    },
  };
}
