/** The layout that `EMBEDDED_LAYOUT` makes, kept in the file as `user_version`. */
export const EMBEDDED_LAYOUT_VERSION = 1;

/**
 * The embedded volatile store's tables. `entries` has one row a key, of one kind; the fields of a hash hang on their
 * key and go with it. Instants are epoch milliseconds.
 */
export const EMBEDDED_LAYOUT = `
  DROP TABLE IF EXISTS fields;
  DROP TABLE IF EXISTS entries;
  CREATE TABLE entries (
    key TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    used INTEGER NOT NULL DEFAULT 0,
    expires_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX entries_expiry ON entries (expires_at_ms);
  CREATE TABLE fields (
    key TEXT NOT NULL REFERENCES entries (key) ON DELETE CASCADE,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (key, field)
  ) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${EMBEDDED_LAYOUT_VERSION};
`;
