import type { ApiTokenKind } from "./api-token.ts";
import type { Organisation } from "./organisation.ts";
import type { TokenWatchPolicy } from "./token-watch.ts";

/** When signing keys change. */
export interface KeyRollover {
  /** The next key signs by itself when the active one has signed for so long; absent: an administrator does it. */
  readonly rotateEveryDays?: number | undefined;
  /** How long the slowest application may go on with the keys that it read last. */
  readonly slowestReaderHours: number;
}

/** How long API tokens may live, and what happens when they are used unusually. */
export interface TokenRules {
  readonly watch: TokenWatchPolicy;
  /** No token of the kind is made to live longer; days, 366 at most. */
  readonly longestLifeDays: Readonly<Record<ApiTokenKind, number>>;
}

/** The settings of the installation that are changed while it runs, by their names. */
export interface SettingValues {
  readonly organisation: Organisation;
  readonly "key-rollover": KeyRollover;
  readonly "token-rules": TokenRules;
}

export type SettingName = keyof SettingValues;

export interface StoredSetting<T> {
  readonly value: T;
  readonly updatedAtMs: number;
}

/** Those that were ever set. */
export type StoredSettings = { readonly [N in SettingName]?: StoredSetting<SettingValues[N]> | undefined };
