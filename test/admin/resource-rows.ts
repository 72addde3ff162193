import type { AdminApp } from "./admin-app.ts";

const FORM = { name: "Orders", scopes: "orders:read=See your orders", accessTokenFormat: "client" };

/** What an owner gets for each route about resources, in an order in which each can be done to one resource. */
export const RESOURCE_ROWS = {
  "GET /resources": { owner: 200 },
  "GET /resources/new": { owner: 200 },
  "POST /resources/new": {
    owner: 303,
    form: { ...FORM, identifier: "urn:example:new", scopes: "new:read=Read what is new" },
  },
  "GET /resources/:id": { owner: 200 },
  "POST /resources/:id": { owner: 303, form: { ...FORM, version: "1" } },
  "POST /resources/:id/switch": { owner: 303, form: { enabled: "off" } },
  "GET /resources/:id/remove": { owner: 200 },
  "POST /resources/:id/remove": { owner: 303, form: {} },
} as const;

/** A resource that the rows change; its id. */
export async function declareOrders(app: AdminApp): Promise<string> {
  await app.parts.stores.durable.resources.insert({
    id: "orders",
    identifier: "https://orders.example/api",
    name: "Orders",
    scopes: [{ name: "orders:read", description: "See your orders" }],
    enabled: true,
    introspectionClientIds: [],
    createdAtMs: 1,
    updatedAtMs: 1,
  });
  return "orders";
}
