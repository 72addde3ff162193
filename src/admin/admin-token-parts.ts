import type { TakeApart } from "../account/token-inspect-endpoint.ts";
import type { TokenPageParts } from "../account/token-page-endpoint.ts";

/** What the administrators' pages about tokens are given beside the rest. */
export type AdminTokenParts = Pick<
  TokenPageParts,
  "tokens" | "drafts" | "changes" | "notices" | "useOf" | "tokenPolicy"
> & {
  readonly takeApart: TakeApart;
};
