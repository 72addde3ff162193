import { setTimeout } from "node:timers/promises";
import type { ApiTokenKind, TokenOwner } from "../model/api-token.ts";
import { DAY_MS } from "../tokens/token-policy.ts";
import { SEEN_AFTER_MS } from "../volatile/versions.ts";
import { type Command, RefusedInput, UsageError } from "./command.ts";
import { withInstallation } from "./installation.ts";
import { oneOf, readOptions } from "./options.ts";
import { bindingOf } from "./token-binding.ts";
import { ownerOf, tokenShown } from "./token-shown.ts";

const OPTIONS = {
  kind: { type: "string" },
  name: { type: "string" },
  account: { type: "string" },
  application: { type: "string" },
  project: { type: "string" },
  resource: { type: "string", multiple: true },
  scope: { type: "string", multiple: true },
  "expires-days": { type: "string" },
  address: { type: "string", multiple: true },
  method: { type: "string", multiple: true },
  path: { type: "string", multiple: true },
  "per-minute": { type: "string" },
  "per-day": { type: "string" },
  certificate: { type: "string" },
  "dpop-key": { type: "string" },
} as const;

type Values = ReturnType<typeof readOptions<typeof OPTIONS>>["values"];

export const tokenCreate: Command = {
  name: "token create",
  summary: "a new API token, shown this one time",
  help: `Usage: gatehouse token create --kind pat|key|svc --name NAME OWNER --resource URI... --expires-days N [options]

  --kind pat|key|svc      a person's own; an API key of a project or an application; a service's
  --account NAME          OWNER of a pat: user name or e-mail address
  --application ID        OWNER of a key, or of a svc: a client of the profile service
  --project NAME          OWNER of a key: a name that groups and meters, without any rights
  --resource URI          which API it is for; may be given more than once
  --scope NAME            what it may do there; may be given more than once
  --expires-days N        how long it lives; the policy sets the longest
  --address LIST          only from this address or CIDR range; may be given more than once
  --method GET            only with this method; may be given more than once
  --path PREFIX           only below this path; may be given more than once
  --per-minute N, --per-day N   how often it may be used
  --certificate FILE      only together with this client certificate (PEM or DER; RFC 8705)
  --dpop-key FILE         only with DPoP proofs of this public key (JWK or PEM; RFC 9449)

Prints the token's record and, this one time, its secret, as JSON.
`,
  async run(args, { environment, user }) {
    const { values } = readOptions(args, OPTIONS, undefined);
    const kind = oneOf("kind", values.kind, ["pat", "key", "svc"]);
    if (kind === undefined) throw new UsageError("--kind is missing");
    const limits = limitsOf(values);
    const days = number("expires-days", values["expires-days"]);
    if (days === undefined) throw new UsageError("--expires-days is missing");
    return await withInstallation({ environment, user }, async ({ parts }) => {
      const owner = await ownerOf(parts.accounts, values);
      if (owner === undefined) throw new UsageError("name its owner: --account, --application or --project");
      const input = inputOf(kind, values.name, owner, limits, parts.clock.nowMs() + days * DAY_MS);
      const made = await parts.tokens.apiTokens.create({ kind: "command", user }, input);
      if (!made.ok) throw new RefusedInput(made.message);
      await setTimeout(SEEN_AFTER_MS);
      return { secret: made.secret, ...tokenShown(made.token) };
    });
  },
};

function inputOf(
  kind: ApiTokenKind,
  name: string | undefined,
  owner: TokenOwner,
  limits: ReturnType<typeof limitsOf>,
  expiresAtMs: number,
) {
  return { kind, name, owner, limits, expiresAtMs };
}

function limitsOf(values: Values) {
  return {
    resources: values.resource,
    scopes: values.scope,
    addresses: values.address,
    methods: values.method,
    pathPrefixes: values.path,
    perMinute: number("per-minute", values["per-minute"]),
    perDay: number("per-day", values["per-day"]),
    binding: bindingOf(values),
  };
}

function number(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`--${name} must be a whole number, not "${text}"`);
  return Number(text);
}
