import { describeStartError } from "../src/start-error.ts";
import { prepareDemo } from "./parts/demo-installation.ts";
import { DemoError } from "./parts/processes.ts";
import { setting } from "./parts/run-application.ts";

/** Makes the demo's files, accounts and registrations and ends: for docker-compose.yml, where others run the servers. */
try {
  await prepareDemo(
    {
      folder: setting("DEMO_FOLDER", "data/demo"),
      gatehouse: setting("GATEHOUSE_ISSUER", "http://localhost:4000"),
      wiki: setting("WIKI_URL", "http://localhost:4001"),
      planner: setting("PLANNER_URL", "http://localhost:4002"),
    },
    process.env,
  );
} catch (error) {
  const line = error instanceof DemoError ? error.message : describeStartError(error);
  process.stderr.write(`prepare-demo: ${line}\n`);
  process.exit(1);
}
