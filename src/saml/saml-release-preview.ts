import { PATHS } from "../flow/endpoints.ts";
import type { Account } from "../model/account.ts";
import type { SamlApplication } from "../model/application.ts";
import type { Subjects } from "../session/subject.ts";
import { AttributeForm, type AttributesOfAccount } from "./attributes.ts";
import { type NameId, NameIds, type NoNameId } from "./name-id.ts";

export interface SamlReleasePreview extends AttributesOfAccount {
  readonly nameId: NameId | NoNameId;
}

/** What an assertion about this account would say, by the same parts that write it, for a request that demands nothing. */
export function samlReleasePreview(
  { issuer, subjects }: { readonly issuer: string; readonly subjects: Subjects },
  application: SamlApplication,
  account: Account,
): SamlReleasePreview {
  const nameIds = new NameIds({ entityId: issuer + PATHS.samlMetadata, subjects });
  const nameId = nameIds.make({ account, application, sessionId: "preview", policy: undefined });
  return { nameId, ...new AttributeForm(application.release).of(account) };
}
