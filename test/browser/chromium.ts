import { type Browser, chromium } from "playwright-core";
import { programPath } from "../fixtures/programs.ts";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The machine's own Chromium; playwright-core brings none. */
export async function startChromium(): Promise<Browser> {
  const executablePath = programPath("chromium");
  if (executablePath === undefined) throw new Error("chromium is not installed, and CI must run every test");
  return await chromium.launch({ executablePath, args: ARGUMENTS });
}
