/** A page of a list in a fixed order; `next` goes back in as `after`. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string | undefined;
  readonly total: number;
}

export interface ListOptions {
  readonly search?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}
