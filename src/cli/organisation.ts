import { fieldsOf, type OrganisationFields } from "../admin/acts/organisation-input.ts";
import { organisationNow, setOrganisation } from "../admin/acts/set-organisation.ts";
import type { Organisation } from "../model/organisation.ts";
import { type Command, RefusedInput, UsageError } from "./command.ts";
import { withInstallation } from "./installation.ts";
import { readOptions } from "./options.ts";

/** Each option with the field that it sets. */
const FIELDS = {
  language: "language",
  name: "name",
  "display-name": "displayName",
  url: "url",
  "service-name": "serviceName",
  description: "description",
  "logo-url": "logoUrl",
  "logo-width": "logoWidth",
  "logo-height": "logoHeight",
  "privacy-url": "privacyUrl",
  "terms-url": "termsUrl",
  "documentation-url": "documentationUrl",
  "error-url": "errorUrl",
  "technical-name": "technicalName",
  "technical-email": "technicalEmail",
  "support-name": "supportName",
  "support-email": "supportEmail",
  "security-name": "securityName",
  "security-email": "securityEmail",
} as const satisfies Readonly<Record<string, keyof OrganisationFields>>;

const text = { type: "string" } as const;
const OPTIONS = {
  language: text,
  name: text,
  "display-name": text,
  url: text,
  "service-name": text,
  description: text,
  "logo-url": text,
  "logo-width": text,
  "logo-height": text,
  "privacy-url": text,
  "terms-url": text,
  "documentation-url": text,
  "error-url": text,
  "technical-name": text,
  "technical-email": text,
  "support-name": text,
  "support-email": text,
  "security-name": text,
  "security-email": text,
  scope: { type: "string", multiple: true },
} as const satisfies Readonly<Record<keyof typeof FIELDS | "scope", object>>;

type Values = ReturnType<typeof readOptions<typeof OPTIONS>>["values"];

export const organisationSet: Command = {
  name: "organisation set",
  summary: "how our metadata, discovery and pages name the organisation",
  help: `Usage: gatehouse organisation set [options]

What is not named stays as it is; an empty text takes it away.

  --name NAME --url URL          the organisation, in the SAML metadata; they go together
  --display-name NAME            where it differs from the name
  --language TAG                 the language of these texts: en, de, pt-BR
  --service-name NAME            what applications' lists of places to log in show
  --description TEXT             one line beside it
  --logo-url URL                 https, with --logo-width PIXELS and --logo-height PIXELS
  --privacy-url URL              also op_policy_uri, and a link under our pages
  --terms-url URL                op_tos_uri, and a link under our pages
  --documentation-url URL        service_documentation, and the link "Help" under our pages
  --error-url URL                where applications send people whom they could not let in
  --scope DOMAIN                 whose scoped attributes are ours to state; may be given more than once, "" for none
  --technical-email ADDRESS      --technical-name NAME
  --support-email ADDRESS        --support-name NAME; also shown on every error page
  --security-email ADDRESS       --security-name NAME

Prints the organisation as JSON.
`,
  async run(args, { environment, user }) {
    const changes = changesOf(readOptions(args, OPTIONS, undefined).values);
    if (Object.keys(changes).length === 0) throw new UsageError("say what is to be changed");
    return await withInstallation({ environment, user }, async ({ acts, actor }) => {
      const result = await setOrganisation(acts, actor, changes);
      if (!result.ok) throw new RefusedInput(named(result.message));
      return shown(result.organisation);
    });
  },
};

export const organisationShow: Command = {
  name: "organisation show",
  summary: "what is set about the organisation",
  help: `Usage: gatehouse organisation show

Prints the organisation as JSON.
`,
  async run(args, { environment, user }) {
    readOptions(args, {}, undefined);
    return await withInstallation({ environment, user }, async ({ acts }) => {
      return shown((await organisationNow(acts)).organisation);
    });
  },
};

function changesOf({ scope, ...values }: Values): Partial<OrganisationFields> {
  const changed = Object.entries(FIELDS).flatMap(([option, field]) => {
    const value = values[option as keyof typeof FIELDS];
    return value === undefined ? [] : [[field, value] as const];
  });
  return { ...Object.fromEntries(changed), ...(scope === undefined ? {} : { scopes: scope.join("\n") }) };
}

/** The acts speak of their fields; whoever types knows the options. */
function named(message: string): string {
  const options = Object.entries(FIELDS).map(([option, field]) => [`${field}:`, `--${option}:`] as const);
  return [...options, ["scopes:", "--scope:"] as const].reduce(
    (text, [field, option]) => text.replaceAll(new RegExp(`(^|\\. )${field}`, "g"), `$1${option}`),
    message,
  );
}

/** With every field that can be set, so that it can be seen which are not. */
function shown(organisation: Organisation): object {
  const { scopes: _, ...fields } = fieldsOf(organisation);
  return { ...fields, scopes: organisation.scopes };
}
