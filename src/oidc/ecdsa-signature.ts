/*
 * JWS wants an ECDSA signature as two numbers of fixed width, one behind the other (RFC 7518 3.4); OpenSSL makes the
 * DER of RFC 3279 2.2.3. node:crypto converts as well, but only when the key is wrapped in an options object, and that
 * costs 80 microseconds beside the 50 of a P-256 signature. Here it costs one.
 */

const SEQUENCE = 0x30;
const INTEGER = 0x02;

/** From DER, as our own OpenSSL made it, to two numbers of `width` bytes. */
export function derToRaw(der: Buffer, width: number): Buffer {
  // A sequence of up to 127 bytes has its length in one byte; P-384 never needs more (2 * (2 + 49) = 102).
  const raw = Buffer.alloc(2 * width);
  const rLength = der.readUInt8(3);
  const sAt = 4 + rLength;
  copyNumber(der.subarray(4, sAt), raw.subarray(0, width));
  copyNumber(der.subarray(sAt + 2), raw.subarray(width));
  return raw;
}

/** DER numbers are signed and minimal: a zero before a high bit goes, missing bytes before a small number come. */
function copyNumber(from: Buffer, to: Buffer): void {
  const digits = from.length > to.length ? from.subarray(from.length - to.length) : from;
  digits.copy(to, to.length - digits.length);
}

/** From two numbers of `width` bytes to DER; undefined for any other length. OpenSSL checks their range. */
export function rawToDer(raw: Buffer, width: number): Buffer | undefined {
  if (raw.length !== 2 * width) return undefined;
  const r = derInteger(raw.subarray(0, width));
  const s = derInteger(raw.subarray(width));
  return Buffer.concat([Buffer.from([SEQUENCE, r.length + s.length]), r, s]);
}

function derInteger(digits: Buffer): Buffer {
  let first = 0;
  while (first < digits.length - 1 && digits.readUInt8(first) === 0) first++;
  const minimal = digits.subarray(first);
  const sign = minimal.readUInt8(0) >= 0x80 ? [0] : [];
  return Buffer.concat([Buffer.from([INTEGER, sign.length + minimal.length, ...sign]), minimal]);
}
