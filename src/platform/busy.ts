/**
 * More was asked at once than can be worked off in good time, and the queue is full. The request is answered with 503
 * and Retry-After at once: a queue without a bound would answer everybody too late.
 */
export class Busy extends Error {
  readonly retryAfterSeconds: number;

  constructor(what: string, retryAfterSeconds: number) {
    super(`${what}: too many at once`);
    this.name = "Busy";
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
