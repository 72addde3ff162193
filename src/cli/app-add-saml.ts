import { readFileSync, statSync } from "node:fs";
import {
  registerServiceProvider,
  type RegisterServiceProviderInput,
  type RegisterServiceProviderResult,
} from "../admin/acts/register-service-provider.ts";
import { registerFromUrl, type SourceInput } from "../admin/acts/metadata-source.ts";
import { applicationSummary } from "../admin/application-summary.ts";
import { Outbound } from "../http/outbound.ts";
import type { ReportLine } from "../saml/metadata-report.ts";
import { type Command, RefusedInput, UsageError } from "./command.ts";
import { type Installation, withInstallation } from "./installation.ts";
import { accessOf, readOptions } from "./options.ts";

/** What the metadata reader takes at most, so that nothing larger is read into memory. */
const LARGEST_FILE_BYTES = 10 * 1_048_576;

const OPTIONS = {
  name: { type: "string" },
  "entity-id": { type: "string" },
  "require-signed-requests": { type: "boolean" },
  encrypt: { type: "boolean" },
  "sign-response": { type: "boolean" },
  "start-url": { type: "string" },
  "idp-initiated": { type: "boolean" },
  group: { type: "string", multiple: true },
  "accept-expired": { type: "boolean" },
  replace: { type: "boolean" },
  url: { type: "string" },
  pin: { type: "string" },
} as const;

type Values = ReturnType<typeof readOptions<typeof OPTIONS>>["values"];

export const appAddSaml: Command = {
  name: "app add-saml",
  summary: "a new SAML service provider, from its metadata file",
  help: `Usage: gatehouse app add-saml FILE [options]
       gatehouse app add-saml --url URL [--pin FILE] [options]

Its requests must be signed where the metadata says AuthnRequestsSigned, and assertions for it are encrypted where the
metadata has an encryption key. The options override that. With --url the metadata is fetched now and again on its own
schedule; new keys and reply addresses at another host wait for an owner on /admin, unless --pin proves them.

  --url URL                      where its metadata is published
  --pin FILE                     a PEM certificate: the metadata must be signed by its key
  --name NAME                    what people see; otherwise the metadata's own name
  --entity-id ID                 which one, where the file describes several
  --require-signed-requests      --no-require-signed-requests
  --encrypt                      --no-encrypt
  --sign-response                sign the response as well as the assertion; --no-sign-response
  --start-url URL                where "My applications" leads
  --idp-initiated                a login may begin at "My applications"; --no-idp-initiated
  --group GROUP                  only its members may use it; may be given more than once
  --accept-expired               take a file whose validUntil has passed
  --replace                      the entity ID is registered already: take the new metadata for it

Prints the registration as JSON, and on standard error what was refused in the file or should be looked at.
`,
  async run(args, { environment, user, say }) {
    const hasUrl = args.some((each) => each === "--url" || each.startsWith("--url="));
    const { values, positional: file } = readOptions(args, OPTIONS, hasUrl ? undefined : { name: "FILE" });
    if (!hasUrl && values.pin !== undefined) throw new UsageError("--pin goes with --url");
    const input = inputOf(values);
    const pin = values.pin === undefined ? undefined : readFile(values.pin).toString("utf8");
    const xml = hasUrl ? undefined : readFile(file);
    return await withInstallation({ environment, user }, async ({ parts, acts, actor }) => {
      const result =
        xml === undefined
          ? await fromUrl(parts, acts, actor, { url: values.url ?? "", pin }, input)
          : await registerServiceProvider(acts, actor, { ...input, xml });
      if (!result.ok) throw new RefusedInput(explain(result));
      for (const line of result.report) {
        if (line.verdict === "refused" || line.verdict === "warning") say(reportLine(line));
      }
      return applicationSummary(result.application);
    });
  },
};

async function fromUrl(
  { config }: Installation["parts"],
  acts: Installation["acts"],
  actor: Installation["actor"],
  source: SourceInput,
  input: ReturnType<typeof inputOf>,
): Promise<RegisterServiceProviderResult> {
  const outbound = new Outbound({ allowPrivateAddresses: config.allowPrivateAddresses });
  try {
    return await registerFromUrl({ ...acts, outbound }, actor, source, input);
  } finally {
    await outbound.close();
  }
}

function inputOf(values: Values): Omit<RegisterServiceProviderInput, "xml" | "source"> {
  return {
    name: values.name,
    entityId: values["entity-id"],
    requestsMustBeSigned: values["require-signed-requests"],
    encryptAssertion: values.encrypt,
    signResponse: values["sign-response"],
    startUrl: values["start-url"],
    idpInitiated: values["idp-initiated"],
    access: accessOf(values.group),
    acceptExpired: values["accept-expired"],
    replace: values.replace,
  };
}

function readFile(path: string): Buffer {
  try {
    if (statSync(path).size <= LARGEST_FILE_BYTES) return readFileSync(path);
  } catch {
    throw new RefusedInput(`cannot read ${path}`);
  }
  throw new RefusedInput(`${path} is larger than 10 MiB`);
}

function explain({ code, message }: { readonly code: string; readonly message: string }): string {
  return code === "taken" ? `${message} (--replace)` : message;
}

function reportLine({ line, element, verdict, text, consequence }: ReportLine): string {
  const where = line === undefined ? element : `line ${line}, ${element}`;
  const word = verdict === "refused" ? "refused" : "look at";
  return `${word}: ${where}: ${text}${consequence === undefined ? "" : ` ${consequence}`}`;
}
