import type { TokenJson } from "./token-schemas.ts";

/** Examples of the OpenAPI document; a test holds each against its schema. */

export const EXAMPLE_TOKEN: TokenJson = {
  id: "5f0c1d7e9a4b4c35b1f6a2d83e7c9b10",
  kind: "pat",
  name: "Nightly report",
  last_four: "r81Q",
  owner: { kind: "account", id: "0b9d6c2f4e1a4a7c8d3f5e6a7b8c9d0e" },
  made_by: "0b9d6c2f4e1a4a7c8d3f5e6a7b8c9d0e",
  limits: {
    scopes: ["planner:read"],
    resources: ["https://planner.example.org/api"],
    addresses: ["192.0.2.0/24"],
    methods: ["GET"],
    path_prefixes: ["/v2/reports"],
    per_minute: 60,
  },
  created_at: "2026-11-25T06:00:00.000Z",
  expires_at: "2027-02-23T06:00:00.000Z",
  state: "active",
  state_since: "2026-11-25T06:00:00.000Z",
  last_used_at: "2026-11-26T06:00:03.000Z",
  last_used_address: "192.0.2.7",
  version: 1,
};

export const EXAMPLE_NEW = {
  name: "Nightly report",
  limits: {
    scopes: ["planner:read"],
    resources: ["https://planner.example.org/api"],
    addresses: ["192.0.2.0/24"],
    methods: ["GET"],
    path_prefixes: ["/v2/reports"],
  },
  expires_at: "2027-02-23T06:00:00.000Z",
};

export const EXAMPLE_SECRET = {
  token: EXAMPLE_TOKEN,
  // Not a token: the checksum is wrong.
  secret: "gth_pat_0000000000000000000000000000000000000000000000000",
};

export const EXAMPLE_USE = {
  items: [
    {
      day: "2026-11-25",
      address: "192.0.2.7",
      resource: "https://planner.example.org/api",
      outcome: "ok",
      count: 24,
    },
    {
      day: "2026-11-25",
      address: "198.51.100.9",
      resource: "https://planner.example.org/api",
      outcome: "address",
      count: 2,
    },
  ],
};

export const EXAMPLE_REVOCATION = {
  filter: { owner_kind: "account", owner_id: EXAMPLE_TOKEN.owner.id, unused_since: "2026-08-01T00:00:00Z" },
  preview: true,
};

export const EXAMPLE_RESOURCES = {
  items: [
    {
      identifier: "https://planner.example.org/api",
      name: "Planner",
      scopes: [{ name: "planner:read", description: "Read your plans" }],
    },
  ],
};
