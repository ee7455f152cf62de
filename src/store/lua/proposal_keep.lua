#!lua flags=allow-oom
-- proposal_keep: keeps a change that waits for a second person, or what became of it; those that expired go.
-- keys: hash of a room's proposals: id -> `expires-ms text`
-- arguments: id, text, now ms, expires ms, most that are kept, how long one is kept ms
-- answer: 'kept' or 'full': nothing was kept
-- work: at most as many as are kept

local proposals = KEYS[1]
local id, text = ARGV[1], ARGV[2]
local now_ms, expires_ms, max, ttl_ms = tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5]), ARGV[6]

local kept = redis.call('HGETALL', proposals)
local count, is_new = 0, true
for index = 1, #kept, 2 do
  if tonumber(string.match(kept[index + 1], '^%d+')) <= now_ms and kept[index] ~= id then
    redis.call('HDEL', proposals, kept[index])
  else
    count = count + 1
    is_new = is_new and kept[index] ~= id
  end
end
-- Written by every call, so that a WAIT behind it confirms something.
redis.call('PEXPIRE', proposals, ttl_ms)
if is_new and count >= max then
  return 'full'
end
redis.call('HSET', proposals, id, string.format('%s %s', expires_ms, text))
redis.call('PEXPIRE', proposals, ttl_ms)
return 'kept'
