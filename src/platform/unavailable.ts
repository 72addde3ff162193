/**
 * A store is away, slow or full. It is neither "absent" nor a bug: the request is answered with 503 and Retry-After,
 * and nothing is handed out.
 */
export class Unavailable extends Error {
  readonly store: "durable" | "volatile" | "keys";

  constructor(store: "durable" | "volatile" | "keys", options?: ErrorOptions) {
    super(`the ${store} store does not answer`, options);
    this.name = "Unavailable";
    this.store = store;
  }
}
