import { z } from "zod";
import type { Resource, ResourceScope } from "../model/resource.ts";
import type { Issue } from "./acts/act.ts";
import { line } from "./owner-endpoint.ts";
import { readScopeLines, scopeLinesOf } from "./resource-scopes.ts";

const words = (most: number) => line(most).transform((value) => value ?? "");

/** What is typed about a resource, when it is declared and later. */
export const resourceFields = {
  name: words(1_000),
  scopes: words(60_000),
  scopeGroups: words(60_000),
  introspectionClients: words(10_000),
  accessTokenFormat: z.enum(["client", "jwt", "opaque"]),
};

export type ResourceFields = z.output<z.ZodObject<typeof resourceFields>>;

/** What the acts are told; `accessTokenFormat` undefined: whatever the client is set to. */
export interface TypedResource {
  readonly name: string;
  readonly scopes: readonly ResourceScope[];
  readonly introspectionClientIds: readonly string[];
  readonly accessTokenFormat: "jwt" | "opaque" | undefined;
}

export const NEW_RESOURCE: ResourceFields = {
  name: "",
  scopes: "",
  scopeGroups: "",
  introspectionClients: "",
  accessTokenFormat: "client",
};

/** The form of a resource that exists. */
export function resourceFieldsOf(resource: Resource): ResourceFields {
  return {
    name: resource.name,
    ...scopeLinesOf(resource.scopes),
    introspectionClients: resource.introspectionClientIds.join("\n"),
    accessTokenFormat: resource.accessTokenFormat ?? "client",
  };
}

export function typedResource(
  fields: ResourceFields,
): { readonly typed: TypedResource } | { readonly issue: Issue } {
  const read = readScopeLines(linesOf(fields.scopes), linesOf(fields.scopeGroups));
  if ("issue" in read) return read;
  return {
    typed: {
      name: fields.name,
      scopes: read.scopes,
      introspectionClientIds: fields.introspectionClients.split(/[\s,]+/).filter((id) => id !== ""),
      accessTokenFormat: fields.accessTokenFormat === "client" ? undefined : fields.accessTokenFormat,
    },
  };
}

/** One sentence for each field: the first, because the next shows when this one is right. */
export function wrongByField(issues: readonly Issue[]): Readonly<Record<string, string>> {
  return Object.fromEntries(issues.toReversed().map(({ field, text }) => [field, text]));
}

function linesOf(text: string): string[] {
  return text
    .split(/[\r\n]+/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
