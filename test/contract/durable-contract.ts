import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openDurableStore } from "../../src/storage/open-durable-store.ts";
import { TestClock } from "../fixtures/clock.ts";
import { accountContract } from "./durable/accounts.ts";
import { apiTokenContract } from "./durable/api-tokens.ts";
import { applicationContract } from "./durable/applications.ts";
import { federationContract } from "./durable/federations.ts";
import { grantContract } from "./durable/grants.ts";
import { keyAndSecretContract } from "./durable/keys-and-secrets.ts";
import { logoutDeliveryContract } from "./durable/logout-deliveries.ts";
import { metadataFetchContract } from "./durable/metadata-fetches.ts";
import { recordContract } from "./durable/records.ts";
import { refreshTokenContract } from "./durable/refresh-tokens.ts";
import { resourceContract } from "./durable/resources.ts";
import { keyUseContract, settingContract } from "./durable/settings-and-key-uses.ts";
import { endedSessionContract } from "./durable/ended-sessions.ts";
import { spentIdContract } from "./durable/spent-ids.ts";
import type { DurableSubject } from "./durable/subject.ts";
import { tokenWatchContract } from "./durable/token-watch.ts";

/** One kind of database: a fresh, empty one, and how it goes away again. */
export interface DurablePlace {
  readonly url: string;
  tearDown(): Promise<void>;
}

/** What the durable store must do on every database. */
export function durableContract(
  name: string,
  setUp: () => Promise<DurablePlace>,
  options: { readonly skip: string | false },
): void {
  describe(`durable store: ${name}`, options, () => {
    let place: DurablePlace;
    let subject: DurableSubject;

    before(async () => {
      place = await setUp();
      const clock = new TestClock();
      const open = async () => await openDurableStore({ url: place.url, clock });
      subject = { clock, store: await open(), second: await open() };
    });
    after(async () => {
      await subject.store.close();
      await subject.second.close();
      await place.tearDown();
    });

    it("answers a ping", async () => {
      assert.equal(await subject.store.ping(), undefined);
    });

    accountContract(() => subject);
    applicationContract(() => subject);
    grantContract(() => subject);
    refreshTokenContract(() => subject);
    keyAndSecretContract(() => subject);
    recordContract(() => subject);
    logoutDeliveryContract(() => subject);
    federationContract(() => subject);
    metadataFetchContract(() => subject);
    spentIdContract(() => subject);
    endedSessionContract(() => subject);
    settingContract(() => subject);
    keyUseContract(() => subject);
    resourceContract(() => subject);
    apiTokenContract(() => subject);
    tokenWatchContract(() => subject);
  });
}
