import type { Organisation } from "../model/organisation.ts";
import type { KeyRollover, StoredSettings, TokenRules } from "../model/settings.ts";
import type { SettingStore } from "../storage/stores.ts";
import { DEFAULT_TOKEN_RULES } from "../tokens/token-rules.ts";

/** Who reads our keys reads them once a day at least, where nobody has said otherwise. */
export const DEFAULT_ROLLOVER: KeyRollover = { slowestReaderHours: 24 };
export const DEFAULT_ORGANISATION: Organisation = { language: "en", scopes: [], contacts: [] };

/**
 * The settings that change while the installation runs, in memory: no page and no document reads the database for them.
 * `reload` is called at start and when the version in the volatile store changes, within a second in every process.
 */
export class Settings {
  readonly #store: Pick<SettingStore, "all">;
  #stored: StoredSettings = {};
  readonly #listeners: (() => void)[] = [];

  constructor(store: Pick<SettingStore, "all">) {
    this.#store = store;
  }

  async reload(): Promise<void> {
    const stored = await this.#store.all();
    const isSame = JSON.stringify(stored) === JSON.stringify(this.#stored);
    this.#stored = stored;
    if (!isSame) for (const listener of this.#listeners) listener();
  }

  /** Called after each reload that brought something new: published documents are made anew. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  organisation(): Organisation {
    return this.#stored.organisation?.value ?? DEFAULT_ORGANISATION;
  }

  keyRollover(): KeyRollover {
    return this.#stored["key-rollover"]?.value ?? DEFAULT_ROLLOVER;
  }

  tokenRules(): TokenRules {
    return this.#stored["token-rules"]?.value ?? DEFAULT_TOKEN_RULES;
  }
}
