import { hash } from "node:crypto";

/** A Lua script that Redis runs as one atomic step. All but HASH_SET have one key. */
export interface RedisScript {
  readonly text: string;
  /** What EVALSHA names it by. */
  readonly sha1: string;
}

function script(text: string): RedisScript {
  return { text, sha1: hash("sha1", text, "hex") };
}

/** ARGV: by, ttl. Answers the count and what is left of the window. */
export const INCREMENT = script(`
local count = redis.call('INCRBY', KEYS[1], ARGV[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  left = tonumber(ARGV[2])
end
return {count, left}
`);

/**
 * ARGV: ttl, then for each key how many arguments are its own, and these: field and value in turn. The time to live only
 * ever grows.
 */
export const HASH_SET = script(`
local at = 2
for _, key in ipairs(KEYS) do
  local last = at + tonumber(ARGV[at])
  redis.call('HSET', key, unpack(ARGV, at + 1, last))
  if redis.call('PTTL', key) < tonumber(ARGV[1]) then
    redis.call('PEXPIRE', key, ARGV[1])
  end
  at = last + 1
end
return 1
`);

/** ARGV: field, by, ttl. */
export const HASH_INCREMENT = script(`
local count = redis.call('HINCRBY', KEYS[1], ARGV[1], ARGV[2])
if redis.call('PTTL', KEYS[1]) < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return count
`);

// The id of the history of writes that this server continues. It is another one after each start and each promotion
// (docs/decisions/0004). Read inside the script, so that nothing can change between the check and the mark.
const HISTORY = `
local history = string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
if not history then
  return redis.error_reply('NOHISTORY this server does not name its replication id')
end
`;

/**
 * ARGV: value, ttl. The command that needs memory comes first: after another write Redis would let it pass although
 * it is full.
 */
export const ISSUE_ONCE = script(`${HISTORY}
redis.call('HSET', KEYS[1], 'value', ARGV[1], 'history', history, 'used', '0')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`);

/** ARGV: how long the mark is kept. Answers nothing, or the state and the value. */
export const TAKE_ONCE = script(`${HISTORY}
local entry = redis.call('HMGET', KEYS[1], 'value', 'history', 'used')
if not entry[1] or entry[2] ~= history then
  return false
end
if entry[3] == '1' then
  return {'used', entry[1]}
end
redis.call('HSET', KEYS[1], 'used', '1')
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return {'yours', entry[1]}
`);
