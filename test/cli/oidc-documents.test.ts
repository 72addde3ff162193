import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, test } from "node:test";
import { appAddOidc } from "../../src/cli/app-add-oidc.ts";
import { appRotateSecret } from "../../src/cli/app-rotate-secret.ts";
import { appSetOidc } from "../../src/cli/app-set-oidc.ts";
import { resourceAdd } from "../../src/cli/resource.ts";
import { run } from "../../src/cli/run.ts";
import { PROMPT_VALUES } from "../../src/oidc/prompt.ts";
import { newInstallation } from "./run-command.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const TEN = [
  "Grafana",
  "GitLab",
  "Nextcloud",
  "Argo CD",
  "Kubernetes",
  "Outline",
  "oauth2-proxy",
  "Proxmox VE",
  "Jenkins",
  "Vault",
];

function document(name: string): string {
  return readFileSync(join(ROOT, "docs", name), "utf8");
}

/** The sections of the page by their headings. */
function sections(): ReadonlyMap<string, string> {
  const parts = document("connect-oidc.md").split(/^## /m).slice(1);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf("\n")), part]));
}

/** The commands of a section as a shell would take them apart. */
function commandsIn(section: string): string[][] {
  const joined = section.replaceAll("\\\n", " ");
  return [...joined.matchAll(/^gatehouse (app add-oidc .*)$/gm)].map(([, line = ""]) =>
    [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? ""),
  );
}

describe("docs/connect-oidc.md", () => {
  const found = sections();
  const { environment } = newInstallation();

  test("has a section for each of the ten applications", () => {
    assert.deepEqual([...found.keys()], TEN);
  });

  for (const [name, section] of found) {
    test(`${name} is registered by its command as it stands`, async () => {
      const commands = commandsIn(section);
      assert.ok(commands.length > 0);
      for (const command of commands) {
        const said: string[] = [];
        const say = (line: string): void => void said.push(line);
        const surroundings = { environment, stdin: Readable.from([]), say, user: "reader" };
        const { status, output } = await run(command, surroundings);
        assert.equal(status, 0, said.join("\n"));
        assert.match(output, /"client_id": "app-/);
      }
    });

    test(`${name} is told the addresses that it was registered with`, () => {
      const settings = section.slice(section.indexOf("```", section.indexOf("```") + 3));
      for (const command of commandsIn(section)) {
        const index = command.indexOf("--redirect-uri");
        const { host } = new URL(command[index + 1] ?? "");
        const named = settings.includes(host) || host.startsWith("localhost") || name === "Nextcloud";
        assert.ok(named || name === "Proxmox VE", `${host} is nowhere in the settings`);
      }
      assert.match(settings, /https:\/\/id\.example\.org/);
    });
  }
});

describe("docs/oidc.md", () => {
  const page = document("oidc.md");

  test("names test files that exist", () => {
    const named = new Set([...page.matchAll(/`(test\/[\w./-]+)`/g)].map(([, path = ""]) => path));
    assert.ok(named.size > 20);
    assert.deepEqual(
      [...named].filter((path) => !existsSync(join(ROOT, path))),
      [],
    );
  });

  test("names switches that the commands have", () => {
    const named = new Set([...page.matchAll(/(?<=[` ])--[a-z-]+/g)].map(([option]) => option));
    const help = [appAddOidc, appSetOidc, appRotateSecret, resourceAdd]
      .map((command) => command.help)
      .join("");
    assert.ok(named.size > 15, [...named].join(" "));
    assert.deepEqual(
      [...named].filter((option) => !new RegExp(`${option}[ \n,]`).test(help)),
      [],
    );
  });

  test("has a row for each document that it promises", () => {
    const documents = "6749 6750 7009 7636 7662 8252 8414 8707 9068 9126 9207 9700".split(" ");
    for (const number of documents) assert.match(page, new RegExp(`^\\| RFC ${number} `, "m"));
    for (const name of ["Core", "Discovery"])
      assert.match(page, new RegExp(`^\\| OpenID Connect ${name} `, "m"));
    for (const name of ["RP-Initiated", "Front-Channel", "Back-Channel"]) {
      assert.match(page, new RegExp(`^\\| ${name} Logout 1\\.0 `, "m"));
    }
    assert.match(page, /^\| OAuth 2\.1 /m);
  });

  test("says of prompt what discovery says: create is not among its values", () => {
    assert.deepEqual(PROMPT_VALUES, ["none", "login", "consent", "select_account"]);
    assert.match(page, /`prompt` none, login, consent, select_account;/);
    assert.match(page, /`prompt=create`/);
  });
});
