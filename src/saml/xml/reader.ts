import { DOMParser } from "@xmldom/xmldom";
import type { XmlElement } from "./element.ts";
import { decodeXml, MESSAGE_LIMITS, METADATA_LIMITS, passGate, type XmlLimits } from "./gate.ts";
import { TreeBuilder } from "./tree-builder.ts";
import { XmlRefused } from "./xml-refused.ts";

/** A document behind the gate: as text, and as elements. */
export interface XmlDocument {
  readonly text: string;
  readonly root: XmlElement;
}

/** Reads a SAML message from a stranger, or what is signed as one is. Throws `XmlRefused`. */
export function readMessage(bytes: Uint8Array, limits: XmlLimits = MESSAGE_LIMITS): XmlDocument {
  const text = decodeXml(bytes, limits);
  const counted = passGate(text, limits);
  return { text, root: parse(text, new TreeBuilder(true), counted, false) };
}

/** Reads a metadata file that an administrator handed over; its elements know their line. Throws `XmlRefused`. */
export function readMetadataFile(bytes: Uint8Array): XmlDocument {
  const text = decodeXml(bytes, METADATA_LIMITS);
  const counted = passGate(text, METADATA_LIMITS);
  return { text, root: parse(text, new TreeBuilder(false), counted, true) };
}

function parse(text: string, builder: TreeBuilder, counted: number, countsLines: boolean): XmlElement {
  try {
    parseInto(text, builder, countsLines);
  } catch (error) {
    // What the builder refused comes out of the parser as an error of its own.
    throw builder.refused ?? error;
  }
  return builder.finish(counted);
}

/**
 * The parser behind the gate; its warnings are errors too. Line ends are normalised as in XML 1.0 (2.11): the parser's
 * own way folds U+0085 and U+2028 as well, which would change a value. Throws `XmlRefused`.
 */
export function parseInto(text: string, receiver: object, countsLines: boolean): void {
  const refuse = () => {
    throw new XmlRefused("not-well-formed", "the parser refuses it");
  };
  // The package's types know neither domBuilder nor normalizeLineEndings; its code documents both.
  const options = {
    ...(countsLines ? { locator: {} } : {}),
    domBuilder: receiver,
    errorHandler: { warning: refuse, error: refuse, fatalError: refuse },
    normalizeLineEndings: (source: string) => source.replaceAll("\r\n", "\n").replaceAll("\r", "\n"),
  };
  new DOMParser(options).parseFromString(text, "text/xml");
}
