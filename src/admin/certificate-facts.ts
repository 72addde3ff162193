import { X509Certificate } from "node:crypto";

/** What a person compares a certificate by. */
export interface CertificateFacts {
  readonly subject: string;
  readonly endsAtMs: number;
  /** SHA-256 over its DER, as `7F:3A:…`. */
  readonly fingerprint: string;
  readonly pem: string;
}

/** Reads a certificate that is stored as base64 DER; undefined when it cannot be read (any more). */
export function certificateFacts(base64: string): CertificateFacts | undefined {
  try {
    const certificate = new X509Certificate(Buffer.from(base64, "base64"));
    return {
      subject: commonName(certificate.subject),
      endsAtMs: certificate.validToDate.getTime(),
      fingerprint: certificate.fingerprint256,
      pem: certificate.toString(),
    };
  } catch {
    return undefined;
  }
}

/** The common name where there is one, else the whole subject in one line. */
function commonName(subject: string | undefined): string {
  const lines = (subject ?? "").split("\n");
  const name = lines.find((line) => line.startsWith("CN="))?.slice("CN=".length);
  return name ?? (lines.join(", ") || "without a name");
}
