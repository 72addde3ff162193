import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { suite, test } from "node:test";
import { verify } from "@node-rs/argon2";
import { run } from "../../src/cli/run.ts";
import { readConfig } from "../../src/config.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { openStores } from "../../src/storage/open-stores.ts";
import { freePort } from "../fixtures/children.ts";
import { newInstallation } from "./run-command.ts";

interface Ended {
  readonly status: number;
  readonly output: string;
  readonly said: readonly string[];
}

async function runHere(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  stdin: readonly Buffer[] = [],
): Promise<Ended> {
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  const result = await run(args, { environment, stdin: Readable.from(stdin), say, user: "tester" });
  return { ...result, said };
}

const USAGE: readonly (readonly [name: string, args: string, line: RegExp])[] = [
  ["a command that does not exist", "app remove", /there is no command "app remove"/],
  ["half a command", "account", /there is no command "account"/],
  ["an option that does not exist", "keys rotate --force", /'--force'/],
  ["a word too many", "keys rotate now", /what is "now"/],
  ["a user name that is missing", "account add --password-stdin", /NAME is missing/],
  ["a password that is not on standard input", "account add alice", /--password-stdin/],
  ["a password on the command line", "account add alice --password secret", /'--password'/],
  ["a role that does not exist", "account add alice --password-stdin --role root", /--role must be one of/],
  ["a client without a name", "app add-oidc --redirect-uri https://a.example/", /--name is missing/],
  ["a profile that does not exist", "app add-oidc --name A --profile big", /--profile must be one of/],
  ["a method that does not exist", "app add-oidc --name A --auth-method tls", /--auth-method must be one of/],
  ["a consent that does not exist", "app add-oidc --name A --consent never", /--consent must be one of/],
  ["a value that is missing", "app add-oidc --name", /--name/],
  ["a file that is missing", "app add-saml --replace", /FILE is missing/],
  ["two files", "app add-saml a.xml b.xml", /what is "b.xml"/],
];

suite("a command line is refused with status 2 and one line for", () => {
  for (const [name, args, line] of USAGE) {
    test(name, async () => {
      const { status, output, said } = await runHere(args.split(" "));
      assert.equal(status, 2);
      assert.equal(output, "");
      assert.match(said[0] ?? "", line);
    });
  }

  test("nothing at all, with the list of commands", async () => {
    const { status, said } = await runHere([]);
    assert.equal(status, 2);
    for (const name of ["account add", "app add-saml", "app add-oidc", "keys rotate"]) {
      assert.match(said.join("\n"), new RegExp(`^  ${name} `, "m"));
    }
  });
});

suite("a command explains itself", () => {
  for (const name of ["account add", "app add-saml", "app add-oidc", "keys rotate"]) {
    test(`with --help of ${name}, status 0, and without any setting`, async () => {
      const { status, output, said } = await runHere([...name.split(" "), "--help"]);
      assert.equal(status, 0);
      assert.ok(output.startsWith(`Usage: gatehouse ${name}`));
      assert.deepEqual(said, []);
    });
  }
});

suite("a command ends with status 1 and one line", () => {
  const { environment } = newInstallation();

  async function refuses(
    changes: Readonly<Record<string, string>>,
    line: RegExp,
    args = ["keys", "rotate"],
    stdin: readonly Buffer[] = [],
  ): Promise<void> {
    const { status, output, said } = await runHere(args, { ...environment, ...changes }, stdin);
    assert.equal(status, 1);
    assert.equal(output, "");
    assert.equal(said.length, 1, said.join("\n"));
    assert.match(said[0] ?? "", line);
    assert.ok(!said[0]?.includes("\n"), said[0]);
  }

  const add = ["account", "add", "alice", "--password-stdin"];

  test("without a secret", async () => {
    await refuses({ GATEHOUSE_SECRET: "" }, /GATEHOUSE_SECRET is missing/);
  });

  test("for a database address of another kind, without its password", async () => {
    await refuses(
      { DATABASE_URL: "mysql://root:hunter2@localhost/" },
      /^(?!.*hunter2)DATABASE_URL must begin with/,
    );
  });

  test("for a database that cannot be opened", async () => {
    await refuses({ DATABASE_URL: "sqlite:/dev/null/gatehouse.db" }, /cannot open the database/);
  });

  test("for a Redis that does not answer, without its password", async () => {
    const port = await freePort();
    await refuses({ REDIS_URL: `redis://:hunter2@127.0.0.1:${port}` }, /^(?!.*hunter2).*Redis/);
  });

  test("for a secret that is not this installation's", async () => {
    const first = await runHere(["keys", "rotate"], environment);
    assert.equal(first.status, 0, first.said.join("\n"));
    await refuses(
      { GATEHOUSE_SECRET: "another-secret-0123456789abcdef-0123" },
      /GATEHOUSE_SECRET is not the one/,
    );
  });

  test("for standard input that is too long for a password", async () => {
    await refuses({}, /^standard input is too long for a password$/, add, [Buffer.alloc(10_000, 97)]);
  });

  test("for standard input that is not UTF-8", async () => {
    await refuses({}, /^the password on standard input is not UTF-8$/, add, [Buffer.from([0xff, 0x61])]);
  });
});

suite("a password on standard input", () => {
  test("is read whole where it comes in pieces that cut a letter, and ends with the line", async () => {
    const { environment } = newInstallation();
    const typed = Buffer.from("schlüssel-für-alle\r\nnot part of it\n");
    const add = ["account", "add", "alice", "--password-stdin"];
    const pieces = [typed.subarray(0, 5), typed.subarray(5)];
    assert.equal(pieces[0]?.at(-1), 0xc3, "the first piece ends in the middle of the ü");
    const { status, output, said } = await runHere(add, environment, pieces);
    assert.equal(status, 0, said.join("\n"));
    assert.ok(!output.includes("schl"));
    // Nobody knows the password but its hash: a login would have to type exactly this line.
    const stores = await openStores(readConfig(environment), systemClock);
    const account = await stores.durable.accounts.findByLoginName("alice");
    const hash = await stores.durable.accounts.passwordHash(account?.id ?? "");
    await stores.close();
    assert.equal(await verify(hash ?? "", "schlüssel-für-alle"), true);
  });
});
