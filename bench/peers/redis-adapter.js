/**
 * What oidc-provider keeps, in Redis: one string for each instance of a model, a set for each grant so that it can be
 * revoked whole, and an index from a session's uid. `redis` is an ioredis client.
 */
export function redisAdapter(redis) {
  const GRANTABLE = new Set(["AccessToken", "AuthorizationCode", "RefreshToken"]);
  const GRANT_SECONDS = 14_400;
  return class RedisAdapter {
    constructor(model) {
      this.model = model;
    }

    #key(id) {
      return `${this.model}:${id}`;
    }

    async upsert(id, payload, expiresIn) {
      const batch = redis.multi().set(this.#key(id), JSON.stringify(payload), "EX", expiresIn ?? GRANT_SECONDS);
      if (GRANTABLE.has(this.model) && payload.grantId !== undefined) {
        batch.sadd(`grant:${payload.grantId}`, this.#key(id)).expire(`grant:${payload.grantId}`, GRANT_SECONDS);
      }
      if (this.model === "Session") batch.set(`uid:${payload.uid}`, id, "EX", expiresIn ?? GRANT_SECONDS);
      await batch.exec();
    }

    async find(id) {
      const text = await redis.get(this.#key(id));
      return text === null ? undefined : JSON.parse(text);
    }

    async findByUid(uid) {
      const id = await redis.get(`uid:${uid}`);
      return id === null ? undefined : await this.find(id);
    }

    async findByUserCode() {
      return undefined;
    }

    async consume(id) {
      const payload = await this.find(id);
      if (payload === undefined) return;
      const consumed = Math.floor(Date.now() / 1000);
      await redis.set(this.#key(id), JSON.stringify({ ...payload, consumed }), "KEEPTTL");
    }

    async destroy(id) {
      await redis.del(this.#key(id));
    }

    async revokeByGrantId(grantId) {
      const keys = await redis.smembers(`grant:${grantId}`);
      await redis.del(`grant:${grantId}`, ...keys);
    }
  };
}
