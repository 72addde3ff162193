import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { declareResource } from "../../src/admin/acts/declare-resource.ts";
import { registerClient } from "../../src/admin/acts/register-client.ts";
import { type Installation, withInstallation } from "../../src/cli/installation.ts";
import { readConfig } from "../../src/config.ts";
import { silentLog } from "../../src/platform/log.ts";
import { startServer } from "../../src/server.ts";
import { makeFiles } from "./demo-files.ts";
import { addAccounts } from "./demo-installation.ts";
import { DemoError } from "./processes.ts";

/** The API that the token is for. */
export const PLANNER_API = "https://planner.example.org/api";

/** A Gatehouse of its own for the story of a leaked token, in this process, on files that vanish with it. */
export interface LeakInstallation {
  readonly issuer: string;
  /** Name and secret of the Planner's API at Gatehouse, for HTTP Basic. */
  readonly api: { readonly id: string; readonly secret: string };
  /** Turns the clock of this Gatehouse forward: what was usual for a token takes days to learn. */
  readonly pass: (ms: number) => void;
  /** `Monday 30 November`, by that clock. */
  readonly today: () => string;
  readonly close: () => Promise<void>;
}

/** Makes the accounts and the Planner's API by the same functions as the command, and starts the server on `port`. */
export async function startLeakInstallation(port: number): Promise<LeakInstallation> {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-leak-"));
  const forget = () => rmSync(folder, { recursive: true, force: true });
  try {
    const { secret, database } = makeFiles(folder);
    const environment = {
      PORT: String(port),
      HOST: "127.0.0.1",
      GATEHOUSE_ISSUER: `http://localhost:${port}`,
      GATEHOUSE_SECRET_FILE: secret,
      GATEHOUSE_CERTS: folder,
      DATABASE_URL: `sqlite:${database}`,
      // Every request of the demo comes from this machine and says in X-Forwarded-For whom it stands for.
      GATEHOUSE_TRUST_PROXY: "127.0.0.1,::1",
    };
    const api = await withInstallation({ environment, user: "demo" }, addAll);
    let passedMs = 0;
    const clock = { nowMs: () => Date.now() + passedMs };
    const server = await startServer(readConfig(environment), { clock, log: silentLog });
    return {
      issuer: environment.GATEHOUSE_ISSUER,
      api,
      pass: (ms) => {
        passedMs += ms;
      },
      today: () =>
        new Date(clock.nowMs()).toLocaleDateString("en-GB", {
          weekday: "long",
          day: "numeric",
          month: "long",
          timeZone: "UTC",
        }),
      close: async () => {
        await server.close();
        forget();
      },
    };
  } catch (error) {
    forget();
    throw error;
  }
}

async function addAll(installation: Installation): Promise<LeakInstallation["api"]> {
  await addAccounts(installation);
  const { acts, actor, parts } = installation;
  const client = await registerClient(acts, actor, {
    name: "Planner API",
    profile: "service",
  });
  if (!client.ok) throw new DemoError(`the Planner's API: ${client.message}`);
  const { id } = client.application;
  const declared = await declareResource({ ...acts, issuer: parts.config.issuer }, actor, {
    identifier: PLANNER_API,
    name: "Planner",
    scopes: [
      { name: "planner:read", description: "Read your plans" },
      { name: "planner:write", description: "Change your plans" },
    ],
    introspectionClientIds: [id],
  });
  if (!declared.ok) throw new DemoError(`the Planner's resource: ${declared.message}`);
  return { id, secret: client.clientSecret ?? "" };
}
