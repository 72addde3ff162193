import { join } from "node:path";
import { temporaryFolder } from "../fixtures/children.ts";
import { skipWithout, startPostgres } from "../fixtures/servers.ts";
import { durableContract } from "./durable-contract.ts";

durableContract(
  "SQLite",
  async () => ({
    url: `sqlite:${join(temporaryFolder("durable"), "gatehouse.db")}`,
    tearDown: async () => undefined,
  }),
  { skip: false },
);

durableContract(
  "PostgreSQL",
  async () => {
    const server = await startPostgres();
    return { url: await server.freshDatabase(), tearDown: async () => await server.stop() };
  },
  { skip: skipWithout("postgres") },
);
