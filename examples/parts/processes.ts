import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { createServer } from "node:net";
import { setTimeout } from "node:timers/promises";

/** A program of the demo in a process of its own. */
export interface Program {
  readonly name: string;
  readonly script: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Answers 200 as soon as the program works. */
  readonly readyUrl: string;
  /** Where its standard output goes; nowhere, if nothing is said. */
  readonly logFile?: string | undefined;
}

/** What keeps the demo from starting or running, as one line for whoever started it. */
export class DemoError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "DemoError";
  }
}

const READY_WITHIN_MS = 60_000;
const END_WITHIN_MS = 5_000;

/** Throws `DemoError` for the first of these ports that something listens on already. */
export async function demandFreePorts(host: string, ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    const server = createServer();
    const listening = once(server, "listening");
    server.listen(port, host);
    try {
      await listening;
    } catch {
      throw new DemoError(`port ${port} is in use: end what listens there, or set PORT to another one`);
    }
    server.close();
    await once(server, "close");
  }
}

/** The demo's processes: started one after the other, ended together. */
export class Processes {
  readonly #children: { readonly name: string; readonly process: ChildProcess }[] = [];
  #ending = false;

  /** Starts a program and resolves when it works. Throws `DemoError` when it ends before that, or takes too long. */
  async start(program: Program): Promise<void> {
    const child = spawn(
      process.execPath,
      ["--import", `${import.meta.dirname}/end-with-parent.ts`, program.script],
      { env: { ...process.env, ...program.environment }, stdio: ["ignore", "pipe", "inherit", "ipc"] },
    );
    this.#children.push({ name: program.name, process: child });
    if (program.logFile === undefined) child.stdout?.resume();
    else child.stdout?.pipe(createWriteStream(program.logFile, { flags: "a" }));
    const waiting = new AbortController();
    const ended = once(child, "exit", { signal: waiting.signal }).then(() => {
      throw new DemoError(`${program.name} could not start`);
    });
    await Promise.race([answers(program, waiting.signal), ended]).finally(() => waiting.abort());
  }

  /** Resolves with the name of the first program that ends without having been told to. */
  async firstToEnd(): Promise<string> {
    return await new Promise((resolve) => {
      for (const { name, process: child } of this.#children) {
        const tell = () => {
          if (!this.#ending) resolve(name);
        };
        if (isRunning(child)) child.once("exit", tell);
        else tell();
      }
    });
  }

  /** Ends every program; one that does not obey within five seconds is ended by force. */
  async end(): Promise<void> {
    this.#ending = true;
    const force = globalThis.setTimeout(() => this.#signal("SIGKILL"), END_WITHIN_MS);
    const running = this.#children.filter(({ process: child }) => isRunning(child));
    const exits = Promise.all(
      running.map(async ({ process: child }) => {
        await once(child, "exit");
      }),
    );
    this.#signal("SIGTERM");
    await exits;
    clearTimeout(force);
  }

  #signal(signal: "SIGTERM" | "SIGKILL"): void {
    for (const { process: child } of this.#children) {
      if (isRunning(child)) child.kill(signal);
    }
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

async function answers(program: Program, signal: AbortSignal): Promise<void> {
  const endMs = Date.now() + READY_WITHIN_MS;
  while (Date.now() < endMs && !signal.aborted) {
    const response = await fetch(program.readyUrl, { redirect: "manual" }).catch(() => undefined);
    if (response?.status === 200) return;
    await setTimeout(100);
  }
  if (!signal.aborted) throw new DemoError(`${program.name} does not answer at ${program.readyUrl}`);
}
