/** What Gatehouse and samlp both send in a SAML answer: ten attributes by their urn:oid names, eleven values. */
export const TEN_ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  "urn:oid:0.9.2342.19200300.100.1.1": ["alice"],
  "urn:oid:0.9.2342.19200300.100.1.3": ["alice@example.org"],
  "urn:oid:2.5.4.42": ["Alice"],
  "urn:oid:2.5.4.4": ["Example"],
  "urn:oid:2.16.840.1.113730.3.1.241": ["Alice & Sons <Example>"],
  "urn:oid:2.5.4.11": ["Research"],
  "urn:oid:2.5.4.12": ["Principal Engineer"],
  "urn:oid:2.16.840.1.113730.3.1.3": ["100042"],
  "urn:oid:2.5.4.20": ["+44 20 7946 0999"],
  "urn:oid:1.3.6.1.4.1.5923.1.5.1.1": ["staff", "engineering"],
};
