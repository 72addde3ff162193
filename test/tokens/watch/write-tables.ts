import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { simulate } from "./simulation.ts";
import { measuredTables } from "./tables.ts";

/** `node test/tokens/watch/write-tables.ts` puts what is measured now into the page; look at the difference before it is committed. */
const page = join(import.meta.dirname, "../../../docs/tokens/watching.md");
const text = readFileSync(page, "utf8");
const tables = measuredTables(await simulate());
writeFileSync(
  page,
  text.replace(
    /<!-- measured -->[\s\S]*<!-- \/measured -->/,
    () => `<!-- measured -->\n\n${tables}\n\n<!-- /measured -->`,
  ),
);
