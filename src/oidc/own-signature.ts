import type { KeyRing } from "../keys/key-ring.ts";
import type { JwtType } from "./jwt-signer.ts";
import { verifyOwnJwt } from "./jwt-verifier.ts";

const TYPES: readonly JwtType[] = ["JWT", "at+jwt", "logout+jwt"];

/** Whether one of our published keys signed this JWT, whatever type it is. It says nothing about time or audience. */
export function isSignedByUs(keyRing: KeyRing, text: string): boolean {
  return TYPES.some((type) => verifyOwnJwt(keyRing, text, type) !== undefined);
}
