import { isIP } from "node:net";
import { z } from "zod";
import { normalAddress } from "./address-list.ts";

const Thumbprint = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** The body of POST /tokens/verify. A member that is not known is refused: it might be a limit that we do not keep. */
export const VerifyInput = z.strictObject({
  token: z.string().min(1).max(16_384),
  /** The client's address, as the caller saw it. */
  address: z
    .string()
    .max(100)
    .refine((text) => isIP(normalAddress(text)) !== 0, "address must be an IP address")
    .optional(),
  method: z
    .string()
    .regex(/^[A-Za-z]{1,20}$/)
    .transform((method) => method.toUpperCase())
    .optional(),
  path: z
    .string()
    .max(8_192)
    .regex(/^\/[^\s?#]*$/, "path must begin with / and have no query")
    .optional(),
  resource: z.string().min(1).max(2_000).optional(),
  scopes: z.array(z.string().min(1).max(200)).max(100).optional(),
  proof: z
    .union([
      /** A DPoP proof as it came, with the address that it must be for; checked here. */
      z.strictObject({ jwt: z.string().max(8_192), url: z.url({ protocol: /^https?$/ }).max(8_192) }),
      /** What the caller has checked itself; believed from those who may state it. */
      z.strictObject({ dpop: Thumbprint }),
      z.strictObject({ certificate: Thumbprint }),
    ])
    .optional(),
});
export type VerifyRequest = z.output<typeof VerifyInput>;
