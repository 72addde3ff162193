import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { selfSignedCertificate } from "../../src/keys/certificate.ts";
import type { SamlApplicationSettings } from "./saml-library.ts";

/** The files of the demo. Secrets are readable by their owner alone. */
export interface DemoFiles {
  readonly secret: string;
  readonly wikiKey: string;
  readonly wikiCertificate: string;
  readonly plannerClient: string;
  readonly database: string;
  readonly log: string;
}

const Client = z.object({ client_id: z.string(), client_secret: z.string() });

export function demoFiles(folder: string): DemoFiles {
  return {
    secret: join(folder, "secret"),
    wikiKey: join(folder, "wiki.key"),
    wikiCertificate: join(folder, "wiki.crt"),
    plannerClient: join(folder, "planner.json"),
    database: join(folder, "gatehouse.db"),
    log: join(folder, "gatehouse.log"),
  };
}

/** Makes what is not there yet: the folder, the secret of Gatehouse, and the Wiki's signing key with its certificate. */
export function makeFiles(folder: string): DemoFiles {
  const files = demoFiles(folder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!existsSync(files.secret)) writePrivate(files.secret, `${randomBytes(32).toString("base64")}\n`);
  if (!existsSync(files.wikiKey) || !existsSync(files.wikiCertificate)) {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const certificate = selfSignedCertificate("RSA-2048", privateKey, "Wiki", Date.now(), randomBytes(15));
    writePrivate(files.wikiKey, privateKey.export({ type: "pkcs8", format: "pem" }).toString());
    writeFileSync(files.wikiCertificate, pem(certificate));
  }
  return files;
}

/** What the Wiki is started with; its metadata is made of the same. */
export function readWikiSettings(
  files: DemoFiles,
  addresses: { gatehouse: string; wiki: string; planner: string },
): SamlApplicationSettings {
  return {
    baseUrl: addresses.wiki,
    gatehouse: addresses.gatehouse,
    otherUrl: addresses.planner,
    privateKey: readFileSync(files.wikiKey, "utf8"),
    certificate: readFileSync(files.wikiCertificate, "utf8"),
  };
}

/** The Planner's `client_id` and secret of an earlier start. */
export function readClient(files: DemoFiles): z.infer<typeof Client> | undefined {
  if (!existsSync(files.plannerClient)) return undefined;
  return Client.safeParse(JSON.parse(readFileSync(files.plannerClient, "utf8"))).data;
}

export function writeClient(files: DemoFiles, client: { id: string; secret: string }): void {
  writePrivate(
    files.plannerClient,
    `${JSON.stringify({ client_id: client.id, client_secret: client.secret }, undefined, 2)}\n`,
  );
}

function writePrivate(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
}

function pem(base64: string): string {
  const lines = base64.match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
