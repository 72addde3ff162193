import { KeyRing } from "../../../src/keys/key-ring.ts";
import { heldKeys } from "../../../src/keys/held-keys.ts";
import { Sealing } from "../../../src/keys/sealing.ts";
import { SigningKeys } from "../../../src/keys/signing-keys.ts";
import { systemRandom } from "../../../src/platform/random.ts";
import { samlApplication } from "../../fixtures/saml/installation.ts";
import { openActs } from "../acts-installation.ts";

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** An installation with an active and a next P-256 key, whose clock can be moved. */
export async function withKeys() {
  const installation = await openActs();
  const { store, clock, acts } = installation;
  const ring = new KeyRing();
  const signingKeys = new SigningKeys({
    store: store.signingKeys,
    sealing: new Sealing(["a-secret-of-32-characters-or-more"], systemRandom),
    ring,
    issuer: "https://id.example.org",
    held: async () => heldKeys(await store.applications.all()),
    clock,
    random: systemRandom,
  });
  await signingKeys.ensure(["P-256"]);
  const idOf = (state: string) => ring.published().find((key) => key.state === state)?.id ?? "";
  const states = () => ring.published().map((key) => key.state);
  /** An application that is to stay with this key. */
  const hold = async (keyId: string, name = "Payroll") =>
    await store.applications.insert(
      samlApplication({ id: `app-${name}`, name, entityId: `https://${name}.example`, signingKeyId: keyId }),
    );
  return { ...installation, ring, signingKeys, parts: { ...acts, signingKeys }, idOf, states, hold };
}
