import { z, type ZodType } from "zod";
import type { ApiOperation } from "./operation.ts";
import { PROBLEM_DOCS_PATH, PROBLEMS, type ProblemName } from "./problems.ts";

/** Where the API stands, below the issuer. */
export const API_PATH = "/api/v1";

type Json = Record<string, unknown>;

const SECURITY = "bearer";
/** What every operation may answer, beside its own problems. */
const ALWAYS: readonly ProblemName[] = [
  "invalid-request",
  "unauthorized",
  "insufficient-scope",
  "not-acceptable",
  "too-many-requests",
  "internal",
  "unavailable",
];
const WITH_BODY: readonly ProblemName[] = ["too-large", "unsupported-media-type"];

const problemJson = z
  .looseObject({
    type: z.url().describe("A stable address with an explanation; compare this."),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    errors: z
      .array(
        z.strictObject({
          detail: z.string(),
          pointer: z.string().optional(),
          parameter: z.string().optional(),
          header: z.string().optional(),
        }),
      )
      .optional(),
    reference: z.string().optional(),
    scopes: z.array(z.string()).optional(),
  })
  .describe("A problem (RFC 9457).");

/** A schema and the name that it has under `components.schemas`. */
export type NamedSchemas = Readonly<Record<string, ZodType>>;

/**
 * The OpenAPI 3.1 document of these operations, made of the schemas that read the calls. `named`: schemas that get a
 * name of their own and are pointed to, wherever they are part of another one.
 */
export function openApiDocument(
  issuer: string,
  operations: readonly ApiOperation[],
  named: NamedSchemas,
): Json {
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    const item = paths[operation.path] ?? {};
    paths[operation.path] = { ...item, [operation.method]: operationObject(issuer, operation, named) };
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Gatehouse",
      version: "1",
      description: "The API for programs that look after API tokens.",
    },
    jsonSchemaDialect: "https://json-schema.org/draft/2020-12/schema",
    servers: [{ url: `${issuer}${API_PATH}` }],
    security: [{ [SECURITY]: [] }],
    paths,
    components: {
      schemas: componentSchemas({ ...named, Problem: problemJson }),
      securitySchemes: {
        [SECURITY]: {
          type: "http",
          scheme: "bearer",
          description: `An API token, or an OAuth access token, for the resource ${issuer}/api.`,
        },
      },
    },
  };
}

function operationObject(issuer: string, operation: ApiOperation, named: NamedSchemas): Json {
  const { id, summary, description, scopes, body, bodyExample } = operation;
  const parameters = [...pathParameters(operation), ...queryParameters(operation), ...headers(operation)];
  return {
    operationId: id,
    summary,
    description: `${description}\n\nNeeds one of the scopes: ${scopes.map((scope) => `\`${scope}\``).join(", ")}.`,
    tags: [operation.path.split("/")[1] ?? ""],
    security: [{ [SECURITY]: scopes }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: { required: true, content: { "application/json": media(body, named, bodyExample) } },
        }),
    responses: responses(issuer, operation, named),
  };
}

function media(schema: ZodType, named: NamedSchemas, example: unknown): Json {
  return { schema: pointed(schema, named), ...(example === undefined ? {} : { example }) };
}

function responses(issuer: string, operation: ApiOperation, named: NamedSchemas): Json {
  const { answer } = operation;
  const content =
    answer.schema === undefined
      ? {}
      : { content: { "application/json": media(answer.schema, named, answer.example) } };
  const found: Record<string, Json> = { [answer.status]: { description: answer.description, ...content } };
  for (const [status, names] of problemsByStatus(operation)) {
    const types = names.map((name) => `\`${issuer}${PROBLEM_DOCS_PATH}/${name}\``);
    found[status] = {
      description: names.map((name) => PROBLEMS[name].title).join(". "),
      content: {
        "application/problem+json": {
          schema: { $ref: "#/components/schemas/Problem", description: `\`type\`: ${types.join(", ")}` },
        },
      },
    };
  }
  return found;
}

function problemsByStatus(operation: ApiOperation): ReadonlyMap<string, ProblemName[]> {
  const { problems, body, ifMatch } = operation;
  const names = new Set([...ALWAYS, ...problems, ...(body === undefined ? [] : WITH_BODY)]);
  if (ifMatch !== undefined) names.add("stale");
  if (ifMatch === "demanded") names.add("precondition-required");
  return Map.groupBy([...names].sort(), (name) => String(PROBLEMS[name].status));
}

function pathParameters({ path }: ApiOperation): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

function queryParameters({ query }: ApiOperation): Json[] {
  if (query === undefined) return [];
  const schema = jsonSchema(query);
  return Object.entries((schema["properties"] ?? {}) as Record<string, Json>).map(([name, property]) => {
    const { description, ...rest } = property;
    const described = typeof description === "string" ? { description } : {};
    return { name, in: "query", required: false, ...described, schema: rest };
  });
}

function headers({ ifMatch }: ApiOperation): Json[] {
  if (ifMatch === undefined) return [];
  const description = "The `ETag` that was read.";
  return [
    {
      name: "If-Match",
      in: "header",
      required: ifMatch === "demanded",
      description,
      schema: { type: "string" },
    },
  ];
}

function pointed(schema: ZodType, named: NamedSchemas): Json {
  const name = Object.keys(named).find((key) => named[key] === schema);
  return name === undefined ? jsonSchema(schema) : { $ref: `#/components/schemas/${name}` };
}

/** Bodies are described as they are sent, before what is left out is filled in. */
function jsonSchema(schema: ZodType): Json {
  return bare(z.toJSONSchema(schema, { io: "input" }));
}

function componentSchemas(named: NamedSchemas): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    io: "input",
    uri: (id) => `#/components/schemas/${id}`,
  });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, bare(schema)]));
}

/** `$id` would make each schema a base of its own for what it points to. */
function bare(schema: object): Json {
  const { $schema: _dialect, $id: _id, ...rest } = schema as Json;
  return rest;
}
