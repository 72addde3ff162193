import { hash, timingSafeEqual } from "node:crypto";

/** SHA-256 in base64url: the form in which everything that grants access is stored. */
export function sha256(value: string): string {
  return hash("sha256", value, "base64url");
}

/** Equality whose time does not tell where two strings differ. Lengths may be told apart. */
export function constantTimeEqual(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
