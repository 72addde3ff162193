/** next: published, not used yet. active: signs. retiring: published until the last thing it signed has expired. */
export type SigningKeyState = "next" | "active" | "retiring" | "retired";
export type SigningKeyType = "RSA-2048" | "P-256" | "P-384" | "Ed25519";

/** A signing key as it is stored: the private half only as ciphertext. */
export interface SigningKeyRecord {
  /** Also the `kid`. */
  readonly id: string;
  readonly type: SigningKeyType;
  readonly state: SigningKeyState;
  /** PKCS#8 under AES-256-GCM (keys/sealing.ts). */
  readonly sealedPrivateKey: string;
  /** Self-signed or given; base64 DER. */
  readonly certificate: string;
  readonly createdAtMs: number;
  readonly stateSinceMs: number;
}
