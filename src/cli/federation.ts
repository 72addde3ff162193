import { createReadStream, readFileSync, statSync } from "node:fs";
import type { Actor } from "../admin/actor.ts";
import { changeFederation, settingsVersion } from "../admin/acts/change-federation.ts";
import {
  addFederation,
  federationNamed,
  type NewFederation,
  removeFederation,
} from "../admin/acts/federations.ts";
import {
  type FederationParts,
  type FederationRefresh,
  refreshFederation,
} from "../admin/acts/refresh-federation.ts";
import { certificateFacts } from "../admin/certificate-facts.ts";
import { federationSummary } from "../admin/federation-summary.ts";
import { Outbound } from "../http/outbound.ts";
import type { Federation } from "../model/federation.ts";
import { type Command, RefusedInput, type Surroundings, UsageError } from "./command.ts";
import { withInstallation } from "./installation.ts";
import { readOptions } from "./options.ts";

const LARGEST_PIN_BYTES = 100_000;
const ADD = {
  name: { type: "string" },
  "pinned-certificate": { type: "string" },
  "allow-all-members": { type: "boolean" },
} as const;

export const federationAdd: Command = {
  name: "federation add",
  summary: "many service providers, from a federation's metadata",
  help: `Usage: gatehouse federation add FILE|URL --name NAME [options]

Reads a file of metadata with any number of service providers. From an address it is fetched again on its own schedule; a
file is handed over again with "federation refresh".

  --name NAME                    what it is called here
  --pinned-certificate FILE      a PEM certificate: the file must be signed by its key
  --allow-all-members            every member may sign on without being registered by hand

Prints the federation as JSON. Nothing is kept where the file cannot be used.
`,
  async run(args, surroundings) {
    const { values, positional: source } = readOptions(args, ADD, { name: "FILE or URL" });
    const { name } = values;
    if (name === undefined) throw new UsageError("--name is missing");
    const url = /^https?:/i.test(source) ? source : undefined;
    const pin = values["pinned-certificate"];
    const input = {
      name,
      url,
      pin: pin === undefined ? undefined : readPin(pin),
      allowAllMembers: values["allow-all-members"] === true,
    };
    if (url === undefined) requireFile(source);
    return await withFederations(surroundings, async (parts, actor) => {
      const added = await addFederation(parts, actor, input);
      if (!added.ok) throw new RefusedInput(added.message);
      const { id } = added.federation;
      const given = url === undefined ? createReadStream(source) : undefined;
      const result = await refreshFederation(parts, actor, id, given);
      if (result.kind === "failed") {
        await removeFederation(parts, actor, id);
        throw new RefusedInput(result.problem);
      }
      if (input.allowAllMembers && input.pin === undefined && url !== undefined) {
        surroundings.say(
          "whoever answers at that address says who may sign on: --pinned-certificate would not let them",
        );
      }
      return await summaryOf(parts, id);
    });
  },
};

export const federationList: Command = {
  name: "federation list",
  summary: "the federations, and how their last reading went",
  help: `Usage: gatehouse federation list

Prints the federations as a JSON array.
`,
  async run(args, surroundings) {
    readOptions(args, {}, undefined);
    return await withFederations(surroundings, async ({ store }) =>
      (await store.federations.all()).map(federationSummary),
    );
  },
};

const REFRESH = { file: { type: "string" } } as const;

export const federationRefresh: Command = {
  name: "federation refresh",
  summary: "read a federation's metadata again, now",
  help: `Usage: gatehouse federation refresh NAME [--file FILE]

  --file FILE                    its new file, where it is not fetched from an address

The copy that is in force stays so where the new one cannot be used. Prints the federation as JSON.
`,
  async run(args, surroundings) {
    const { values, positional: name } = readOptions(args, REFRESH, { name: "NAME" });
    const { file } = values;
    if (file !== undefined) requireFile(file);
    return await withFederations(surroundings, async (parts, actor) => {
      const { id, url } = await named(parts, name);
      if (url === undefined && file === undefined)
        throw new UsageError(`${name} has no address: name its --file`);
      if (url !== undefined && file !== undefined) throw new UsageError(`${name} is fetched from ${url}`);
      const given = file === undefined ? undefined : createReadStream(file);
      refuseFailed(await refreshFederation(parts, actor, id, given));
      return await summaryOf(parts, id);
    });
  },
};

const SET = { ...ADD, url: { type: "string" } } as const;
type SetValues = ReturnType<typeof readOptions<typeof SET>>["values"];
/** What is said in the place of an address or a certificate to have none. */
const NONE = "none";

export const federationSet: Command = {
  name: "federation set",
  summary: "its name, address and certificate, and whether every member may sign on",
  help: `Usage: gatehouse federation set NAME [options]

What is not named stays as it is. With another address or another certificate the file is read anew within a minute; until
then the copy before stays in force.

  --name NAME                    another name
  --url URL                      where its file is fetched; "none": it is handed over by hand
  --pinned-certificate FILE      a PEM certificate: the file must be signed by its key; "none": it need not be signed
  --allow-all-members            every member may sign on without being registered; --no-allow-all-members: those that
                                 an owner has registered on /admin

Prints the federation as JSON.
`,
  async run(args, surroundings) {
    const { values, positional: name } = readOptions(args, SET, { name: "NAME" });
    if (Object.keys(values).length === 0) {
      throw new UsageError("--name, --url, --pinned-certificate or --allow-all-members is missing");
    }
    return await withFederations(surroundings, async (parts, actor) => {
      const found = await named(parts, name);
      const input = changedBy(values, found);
      const result = await changeFederation(parts, actor, found.id, input, settingsVersion(found));
      if (!result.ok) throw new RefusedInput(result.message);
      return federationSummary(result.federation);
    });
  },
};

function changedBy(values: SetValues, found: Federation): NewFederation {
  const { name = found.name, url = found.url, "pinned-certificate": file } = values;
  const { pinnedCertificate } = found;
  const kept = pinnedCertificate === undefined ? undefined : certificateFacts(pinnedCertificate)?.pem;
  return {
    name,
    url: url === NONE ? undefined : url,
    pin: file === NONE ? undefined : file === undefined ? kept : readPin(file),
    allowAllMembers: values["allow-all-members"] ?? found.allowAllMembers,
  };
}

export const federationRemove: Command = {
  name: "federation remove",
  summary: "forget a federation; its applications are switched off",
  help: `Usage: gatehouse federation remove NAME

The applications that came from it are switched off and stay in the list. Prints how many.
`,
  async run(args, surroundings) {
    const { positional: name } = readOptions(args, {}, { name: "NAME" });
    return await withFederations(surroundings, async (parts, actor) => {
      const result = await removeFederation(parts, actor, (await named(parts, name)).id);
      if (!result.ok) throw new RefusedInput(result.message);
      return { removed: result.federation.name, applicationsSwitchedOff: result.applications };
    });
  },
};

async function withFederations<T>(
  surroundings: Pick<Surroundings, "environment" | "user">,
  use: (parts: FederationParts, actor: Actor) => Promise<T>,
): Promise<T> {
  return await withInstallation(surroundings, async ({ parts, acts, actor }) => {
    const { durable: store, volatile } = parts.stores;
    const outbound = new Outbound({ allowPrivateAddresses: parts.config.allowPrivateAddresses });
    try {
      return await use({ ...acts, store, volatile, outbound }, actor);
    } finally {
      await outbound.close();
    }
  });
}

async function named(parts: FederationParts, name: string): Promise<Federation> {
  const found = await federationNamed(parts, name);
  if (found === undefined) throw new RefusedInput(`there is no federation named ${name}`);
  return found;
}

async function summaryOf({ store }: FederationParts, id: string): Promise<Readonly<Record<string, unknown>>> {
  const found = await store.federations.get(id);
  if (found === undefined) throw new RefusedInput("it was removed at this moment");
  return federationSummary(found);
}

function refuseFailed(result: FederationRefresh): void {
  if (result.kind === "failed") throw new RefusedInput(result.problem);
  if (result.kind === "busy") throw new RefusedInput("it is being read at this moment");
  if (result.kind === "not-found") throw new RefusedInput("it was removed at this moment");
}

function requireFile(path: string): void {
  try {
    if (statSync(path).isFile()) return;
  } catch {
    // Said below, as for what is no file.
  }
  throw new RefusedInput(`cannot read ${path}`);
}

function readPin(path: string): string {
  requireFile(path);
  if (statSync(path).size > LARGEST_PIN_BYTES) throw new RefusedInput(`${path} is no PEM certificate`);
  return readFileSync(path, "utf8");
}
