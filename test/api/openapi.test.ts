import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { z } from "zod";
import { openApiDocument } from "../../src/api/openapi.ts";
import { tokenEndOperations } from "../../src/api/token-end-operations.ts";
import { NAMED_TOKEN_SCHEMAS, tokenOperations } from "../../src/api/token-operations.ts";
import { TestClock } from "../fixtures/clock.ts";

const never = async (): Promise<never> => await Promise.reject(new Error("not in this test"));
const tokens = {
  create: never,
  get: never,
  list: never,
  change: never,
  rotate: never,
  revoke: never,
  suspend: never,
  release: never,
  preview: never,
  revokeWhere: never,
  offers: never,
};
const clock = new TestClock();
const operations = [
  ...tokenOperations({ tokens, useOf: never, clock }),
  ...tokenEndOperations({ tokens, clock }),
];
const ISSUER = "https://id.example.org";
const document: unknown = JSON.parse(
  JSON.stringify(openApiDocument(ISSUER, operations, NAMED_TOKEN_SCHEMAS)),
);

const Media = z.strictObject({ schema: z.looseObject({}), example: z.unknown().optional() });
const Operation = z.strictObject({
  operationId: z.string().regex(/^[a-z][A-Za-z]+$/),
  summary: z.string().min(5),
  description: z.string().min(10),
  tags: z.array(z.string()).length(1),
  security: z.array(z.record(z.string(), z.array(z.string()).min(1))).length(1),
  parameters: z
    .array(
      z.strictObject({
        name: z.string(),
        in: z.enum(["path", "query", "header"]),
        required: z.boolean(),
        description: z.string().optional(),
        schema: z.looseObject({}),
      }),
    )
    .optional(),
  requestBody: z
    .strictObject({
      required: z.literal(true),
      content: z.strictObject({ "application/json": Media }),
    })
    .optional(),
  responses: z.record(
    z.string().regex(/^[2-5]\d\d$/),
    z.strictObject({
      description: z.string().min(5),
      content: z.partialRecord(z.enum(["application/json", "application/problem+json"]), Media).optional(),
    }),
  ),
});
const Document = z.strictObject({
  openapi: z.literal("3.1.1"),
  info: z.strictObject({ title: z.string(), version: z.string(), description: z.string() }),
  jsonSchemaDialect: z.literal("https://json-schema.org/draft/2020-12/schema"),
  servers: z.tuple([z.strictObject({ url: z.literal(`${ISSUER}/api/v1`) })]),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  paths: z.record(
    z.string().startsWith("/"),
    z.partialRecord(z.enum(["get", "post", "patch", "delete"]), Operation),
  ),
  components: z.strictObject({
    schemas: z.record(z.string().regex(/^[A-Z]\w+$/), z.looseObject({})),
    securitySchemes: z.strictObject({ bearer: z.looseObject({ type: z.literal("http") }) }),
  }),
});

const read = Document.parse(document);
const all = Object.entries(read.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
);

function pointersIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(pointersIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === "$ref" && typeof inner === "string" ? [inner] : pointersIn(inner),
  );
}

function resolved(pointer: string): unknown {
  const [start, ...names] = pointer.split("/");
  assert.equal(start, "#");
  return names.reduce<unknown>(
    (value, name) => (typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined),
    document,
  );
}

describe("the OpenAPI document", () => {
  test("has an operation for each that is served, under the same path and method", () => {
    const served = operations.map(({ path, method }) => `${method} ${path}`);
    assert.deepEqual(new Set(all.map(({ path, method }) => `${method} ${path}`)), new Set(served));
    assert.equal(served.length, 11);
  });

  test("points only to what is there", () => {
    const pointers = pointersIn(document);
    assert.ok(pointers.length > 20);
    for (const pointer of pointers) assert.equal(typeof resolved(pointer), "object", pointer);
  });

  test("names each operation once", () => {
    const ids = all.map(({ operation }) => operation.operationId);
    assert.equal(new Set(ids).size, ids.length);
  });

  test("names every parameter of a path, and no other", () => {
    for (const { path, operation } of all) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const told = (operation.parameters ?? []).filter((one) => one.in === "path").map(({ name }) => name);
      assert.deepEqual(told, inPath, path);
    }
  });

  test("says for each operation one good answer and what stands in the way of it", () => {
    for (const { path, method, operation } of all) {
      const statuses = Object.keys(operation.responses);
      assert.equal(statuses.filter((status) => status.startsWith("2")).length, 1, `${method} ${path}`);
      for (const status of ["400", "401", "403", "406", "429", "500", "503"]) {
        assert.ok(statuses.includes(status), `${method} ${path} ${status}`);
      }
      assert.equal(statuses.includes("415"), operation.requestBody !== undefined, `${method} ${path}`);
      const demanded = operation.parameters?.find(({ name }) => name === "If-Match")?.required === true;
      assert.equal(statuses.includes("428"), demanded, `${method} ${path}`);
    }
  });

  test("sends every problem as what it is", () => {
    for (const { operation } of all) {
      for (const [status, response] of Object.entries(operation.responses)) {
        const kinds = Object.keys(response.content ?? {});
        if (status === "204") assert.deepEqual(kinds, []);
        else
          assert.deepEqual(kinds, [status.startsWith("2") ? "application/json" : "application/problem+json"]);
      }
    }
  });

  test("refuses unknown members in every body", () => {
    for (const { operation } of all) {
      const schema = operation.requestBody?.content["application/json"].schema;
      if (schema === undefined) continue;
      const { $ref: pointer } = schema;
      const target = z.looseObject({}).parse(typeof pointer === "string" ? resolved(pointer) : schema);
      assert.equal(target["additionalProperties"], false, operation.operationId);
    }
  });
});

describe("each example of the document", () => {
  for (const { id, answer, body, bodyExample } of operations) {
    if (body !== undefined) {
      test(`is what its schema takes: the body of ${id}`, () => {
        assert.ok(bodyExample !== undefined);
        body.parse(bodyExample);
      });
    }
    if (answer.schema === undefined) continue;
    test(`is what its schema says: the answer of ${id}`, () => {
      assert.ok(answer.example !== undefined);
      answer.schema?.parse(answer.example);
    });
  }
});
