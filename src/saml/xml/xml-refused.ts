/** Why a document was not read. */
export type XmlRefusal =
  | "too-large"
  | "not-utf8"
  | "byte-order-mark"
  | "forbidden-character"
  | "doctype"
  | "processing-instruction"
  | "too-many-elements"
  | "too-deep"
  | "too-many-attributes"
  | "too-many-namespaces"
  | "not-well-formed"
  | "namespace"
  | "duplicate-id"
  | "comment-in-text"
  | "cdata"
  | "mixed-content"
  | "signature-shape"
  | "signature-algorithm"
  | "signature-invalid";

/** A document that the gate, the parser or the signature check turned away. `detail` holds no content of it. */
export class XmlRefused extends Error {
  readonly reason: XmlRefusal;
  readonly detail: string;

  constructor(reason: XmlRefusal, detail: string) {
    super(`${reason}: ${detail}`);
    this.name = "XmlRefused";
    this.reason = reason;
    this.detail = detail;
  }
}
