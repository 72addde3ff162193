import { describe } from "node:test";
import { basicModules } from "./basic-modules.ts";

describe("oidcc-basic-certification-test-plan", () => {
  basicModules("query");
});
