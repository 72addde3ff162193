import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** A core for what is measured and one for what loads it, where the machine has two and `taskset` (util-linux). */
export type Place = "server" | "load" | "anywhere";

const CORE: Readonly<Record<Exclude<Place, "anywhere">, string>> = { server: "0", load: "1" };
/** Clock ticks a second in /proc; Linux has 100 on every machine that Node.js runs on. */
const TICKS = 100;

export function canPin(): boolean {
  return availableParallelism() >= 2 && spawnSync("taskset", ["--version"]).status === 0;
}

/** Starts a TypeScript file with this Node.js, pinned to the place's core if that is possible. */
export function startScript(
  script: string,
  args: readonly string[],
  options: {
    readonly place: Place;
    readonly environment?: Readonly<Record<string, string>>;
    readonly nodeOptions?: readonly string[];
  },
): ChildProcess {
  const command = [process.execPath, ...(options.nodeOptions ?? []), script, ...args];
  const pinned =
    options.place !== "anywhere" && canPin() ? ["taskset", "-c", CORE[options.place], ...command] : command;
  const [program = process.execPath, ...rest] = pinned;
  return spawn(program, rest, {
    env: { ...process.env, ...options.environment },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
}

/** Sends a message and waits for the next one that comes back. Throws when the process ends instead. */
export async function ask(child: ChildProcess, message: object): Promise<unknown> {
  const waiting = new AbortController();
  const ended = once(child, "exit", { signal: waiting.signal }).then(() => {
    throw new Error("the process has ended without an answer");
  });
  child.send(message);
  try {
    const answer: unknown[] = await Promise.race([once(child, "message", { signal: waiting.signal }), ended]);
    return answer[0];
  } finally {
    waiting.abort();
    ended.catch(() => undefined);
  }
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}

/** CPU time of a process and of its children, in microseconds since each began. */
export function cpuMicrosOf(pid: number): number {
  return family(pid).reduce((sum, one) => sum + statOf(one).ticks, 0) * (1_000_000 / TICKS);
}

/** Resident memory of a process and its children, in MiB. */
export function memoryMiBOf(pid: number): number {
  return sumMiB(pid, /^VmRSS:\s+(\d+)/m);
}

/** Forgets how much memory a process and its children had at most; `peakMiBOf` counts from here. */
export function resetPeak(pid: number): void {
  // "5" sets the mark of proc(5) back to what is resident now.
  for (const one of family(pid)) writeFileSync(`/proc/${one}/clear_refs`, "5");
}

/** The most resident memory that a process and its children had, in MiB. */
export function peakMiBOf(pid: number): number {
  return sumMiB(pid, /^VmHWM:\s+(\d+)/m);
}

function sumMiB(pid: number, line: RegExp): number {
  return family(pid).reduce((sum, one) => {
    const kilobytes = line.exec(readFileSync(`/proc/${one}/status`, "utf8"))?.[1];
    return sum + Number(kilobytes ?? 0) / 1024;
  }, 0);
}

function family(pid: number): readonly number[] {
  const children = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((one) => parentOf(one) === pid);
  return [pid, ...children];
}

function parentOf(pid: number): number | undefined {
  try {
    return statOf(pid).parent;
  } catch {
    // It ended between the listing and the look.
    return undefined;
  }
}

function statOf(pid: number): { ticks: number; parent: number } {
  // The name in parentheses may hold blanks and parentheses; the fields are counted from its end.
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { ticks: Number(fields[11]) + Number(fields[12]), parent: Number(fields[1]) };
}
