import { type ResourceChanges, changeResource } from "../admin/acts/change-resource.ts";
import { declareResource } from "../admin/acts/declare-resource.ts";
import { removeResource } from "../admin/acts/remove-resource.ts";
import { readScopeLines } from "../admin/resource-scopes.ts";
import type { Resources } from "../flow/resources.ts";
import type { Resource, ResourceScope } from "../model/resource.ts";
import { type Command, RefusedInput, UsageError } from "./command.ts";
import { withInstallation } from "./installation.ts";
import { oneOf, readOptions } from "./options.ts";

const SHARED = {
  name: { type: "string" },
  scope: { type: "string", multiple: true },
  "scope-group": { type: "string", multiple: true },
  "introspection-client": { type: "string", multiple: true },
  "access-token-format": { type: "string" },
} as const;
const ADD = { identifier: { type: "string" }, ...SHARED } as const;
const SET = { ...SHARED, enabled: { type: "boolean" } } as const;

type SetValues = ReturnType<typeof readOptions<typeof SET>>["values"];

export const resourceAdd: Command = {
  name: "resource add",
  summary: "a resource that tokens can be for: an API with its scopes",
  help: `Usage: gatehouse resource add --identifier URI --name NAME --scope NAME=DESCRIPTION... [options]

  --identifier URI                what resource and aud carry: absolute, without a fragment; it stays as it is
  --name NAME                     what people see
  --scope NAME=DESCRIPTION        a scope, and what people read about it; may be given more than once
  --scope-group NAME=GROUP        only this group's members may hold the scope; may be given more than once
  --introspection-client ID       a client that may introspect tokens for it; may be given more than once
  --access-token-format jwt|opaque  whatever the client is set to, where nothing is said

Clients get tokens for it when it is opened to them: gatehouse app set-oidc CLIENT_ID --resource URI
Prints the resource as JSON.
`,
  async run(args, { environment, user }) {
    const { values } = readOptions(args, ADD, undefined);
    const { identifier, name, scope } = values;
    if (identifier === undefined) throw new UsageError("--identifier is missing");
    if (name === undefined) throw new UsageError("--name is missing");
    if (scope === undefined) throw new UsageError("--scope is missing");
    const input = {
      identifier,
      name,
      scopes: scopesOf(scope, values["scope-group"]),
      introspectionClientIds: values["introspection-client"] ?? [],
      accessTokenFormat: oneOf("access-token-format", values["access-token-format"], ["jwt", "opaque"]),
    };
    return await withInstallation({ environment, user }, async ({ parts, acts, actor }) => {
      const { issuer } = parts.config;
      const result = await declareResource({ ...acts, issuer }, actor, input);
      if (!result.ok) throw new RefusedInput(result.message);
      return shown(result.resource);
    });
  },
};

export const resourceList: Command = {
  name: "resource list",
  summary: "the resources that tokens can be for",
  help: `Usage: gatehouse resource list

Prints the resources as a JSON array.
`,
  async run(args, { environment, user }) {
    readOptions(args, {}, undefined);
    return await withInstallation(
      { environment, user },
      async ({ parts }) => await Promise.resolve(parts.resources.all().map(shown)),
    );
  },
};

export const resourceSet: Command = {
  name: "resource set",
  summary: "changes a resource; switches it off and on",
  help: `Usage: gatehouse resource set IDENTIFIER [options]

What is not named stays as it is. The options are those of resource add, without --identifier, and:

  --scope NAME=DESCRIPTION        all scopes anew: those that are not named go, and with them what people allowed
  --introspection-client ID       all of them anew; "" for none
  --access-token-format jwt|opaque|client
  --enabled, --no-enabled         off: it gets no tokens, and those that it got are inactive

Prints the resource as JSON.
`,
  async run(args, { environment, user }) {
    const { values, positional: identifier } = readOptions(args, SET, { name: "IDENTIFIER" });
    const changes = changesOf(values);
    if (Object.values(changes).every((value) => value === undefined)) {
      throw new UsageError("say what is to be changed");
    }
    return await withInstallation({ environment, user }, async ({ parts, acts, actor }) => {
      const { issuer } = parts.config;
      const { id } = found(parts.resources, identifier);
      const result = await changeResource({ ...acts, issuer }, actor, id, changes);
      if (!result.ok) throw new RefusedInput(result.message);
      return shown(result.resource);
    });
  },
};

export const resourceRemove: Command = {
  name: "resource remove",
  summary: "removes a resource; its tokens are worthless from then on",
  help: `Usage: gatehouse resource remove IDENTIFIER

What people allowed about its scopes is forgotten. Prints the resource that was removed as JSON.
`,
  async run(args, { environment, user }) {
    const { positional: identifier } = readOptions(args, {}, { name: "IDENTIFIER" });
    return await withInstallation({ environment, user }, async ({ parts, acts, actor }) => {
      const { id } = found(parts.resources, identifier);
      const result = await removeResource(acts, actor, id);
      if (!result.ok) throw new RefusedInput(result.message);
      return shown(result.resource);
    });
  },
};

function changesOf(values: SetValues): ResourceChanges {
  const format = oneOf("access-token-format", values["access-token-format"], ["jwt", "opaque", "client"]);
  const groups = values["scope-group"];
  if (values.scope === undefined && groups !== undefined) {
    throw new UsageError("--scope-group goes with --scope, which names all scopes anew");
  }
  return {
    name: values.name,
    scopes: values.scope === undefined ? undefined : scopesOf(values.scope, groups),
    introspectionClientIds: values["introspection-client"]?.filter((id) => id !== ""),
    enabled: values.enabled,
    accessTokenFormat: format === "client" ? null : format,
  };
}

function scopesOf(scopes: readonly string[], groups: readonly string[] = []): readonly ResourceScope[] {
  const read = readScopeLines(scopes, groups);
  if ("issue" in read) throw new UsageError(read.issue.text);
  return read.scopes;
}

function found(resources: Resources, identifier: string): Resource {
  const resource = resources.byIdentifier(identifier);
  if (resource === undefined) throw new RefusedInput(`no resource is declared as ${identifier}`);
  return resource;
}

/** With every setting, so that it can be seen which are not made. */
function shown(resource: Resource): object {
  return { ...resource, accessTokenFormat: resource.accessTokenFormat ?? "client" };
}
