import { addAccount } from "../../src/admin/acts/add-account.ts";
import { registerClient } from "../../src/admin/acts/register-client.ts";
import { registerServiceProvider } from "../../src/admin/acts/register-service-provider.ts";
import { type Installation, withInstallation } from "../../src/cli/installation.ts";
import { type DemoFiles, makeFiles, readClient, readWikiSettings, writeClient } from "./demo-files.ts";
import { samlApplicationMetadata } from "./saml-library.ts";
import { DemoError } from "./processes.ts";

/** Where the demo's Gatehouse and both applications are reached, and where their files are. */
export interface DemoAddresses {
  readonly folder: string;
  readonly gatehouse: string;
  readonly wiki: string;
  readonly planner: string;
}

/** Known to everybody who has read the README: for the demo alone. */
export const DEMO_PASSWORD = "open-the-gate";

const ACCOUNTS = [
  {
    username: "alice",
    email: "alice@example.org",
    emailVerified: true,
    name: "Alice Example",
    givenName: "Alice",
    familyName: "Example",
    groups: ["staff", "engineering"],
    role: "owner",
  },
  {
    username: "bob",
    email: "bob@example.org",
    emailVerified: true,
    name: "Bob Builder",
    givenName: "Bob",
    familyName: "Builder",
    groups: ["staff"],
    role: "person",
  },
] as const;

/**
 * Makes what the demo needs and is not there yet: files, accounts, both registrations, by the same functions as the
 * command and the pages. A second start finds everything and changes nothing. `environment` is Gatehouse's own, and
 * what it must be started with comes back.
 */
export async function prepareDemo(
  addresses: DemoAddresses,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<{ files: DemoFiles; environment: Readonly<Record<string, string>> }> {
  const files = makeFiles(addresses.folder);
  const settings = {
    DATABASE_URL: environment["DATABASE_URL"] ?? `sqlite:${files.database}`,
    REDIS_URL: environment["REDIS_URL"] ?? "",
    GATEHOUSE_ISSUER: addresses.gatehouse,
    GATEHOUSE_SECRET_FILE: files.secret,
  };
  await withInstallation(
    { environment: { ...environment, ...settings }, user: "demo" },
    async (installation) => {
      await addAccounts(installation);
      await registerWiki(installation, addresses, files);
      await registerPlanner(installation, addresses, files);
    },
  );
  return { files, environment: settings };
}

/** Alice, an owner, and Bob, with the password that everybody knows. What is there already stays. */
export async function addAccounts({ parts, acts, actor }: Installation): Promise<void> {
  for (const account of ACCOUNTS) {
    if ((await parts.stores.durable.accounts.findByLoginName(account.username)) !== undefined) continue;
    const added = await addAccount({ ...acts, hasher: parts.hasher }, actor, {
      ...account,
      password: DEMO_PASSWORD,
    });
    if (!added.ok) throw new DemoError(`the account ${account.username}: ${added.message}`);
  }
}

/** By its metadata, as every service provider is registered. */
async function registerWiki(
  { parts, acts, actor }: Installation,
  addresses: DemoAddresses,
  files: DemoFiles,
): Promise<void> {
  const xml = samlApplicationMetadata(readWikiSettings(files, addresses));
  if (parts.applications.samlByEntityId(`${addresses.wiki}/saml/metadata`)?.metadataXml === xml) return;
  const registered = await registerServiceProvider(acts, actor, {
    xml,
    name: "Wiki",
    startUrl: `${addresses.wiki}/login`,
    replace: true,
  });
  if (!registered.ok) throw new DemoError(`the Wiki: ${registered.message}`);
}

/** Its secret is shown once, so it is registered anew when the file with it is gone. */
async function registerPlanner(
  { parts, acts, actor }: Installation,
  addresses: DemoAddresses,
  files: DemoFiles,
): Promise<void> {
  const redirectUri = `${addresses.planner}/callback`;
  const known = parts.applications.oidcByClientId(readClient(files)?.client_id ?? "");
  if (known?.redirectUris.includes(redirectUri) === true) return;
  const registered = await registerClient(acts, actor, {
    name: "Planner",
    redirectUris: [redirectUri],
    postLogoutRedirectUris: [`${addresses.planner}/logged-out`],
    backchannelLogoutUri: `${addresses.planner}/backchannel-logout`,
    startUrl: `${addresses.planner}/login`,
  });
  if (!registered.ok) throw new DemoError(`the Planner: ${registered.message}`);
  writeClient(files, { id: registered.application.id, secret: registered.clientSecret ?? "" });
}
