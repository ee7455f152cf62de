#!lua flags=allow-oom
-- proposal_keep: keeps a change that waits for a second person, or what became of it; those that expired go.
-- keys: hash of a room's proposals: id -> `expires-ms state text`
-- arguments: id, text, now ms, expires ms, most that are kept, how long one is kept ms, state, state before ('' : it is
--   new)
-- answer: 'kept' (also for a repeat), 'full' or 'decided' (it is in another state than that): nothing was kept
-- work: at most as many as are kept

local proposals = KEYS[1]
local id, text = ARGV[1], ARGV[2]
local now_ms, expires_ms, max, ttl_ms = tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5]), ARGV[6]
local state, state_before = ARGV[7], ARGV[8]

local kept = redis.call('HGETALL', proposals)
local count, known = 0, nil
for index = 1, #kept, 2 do
  if tonumber(string.match(kept[index + 1], '^%d+')) <= now_ms then
    redis.call('HDEL', proposals, kept[index])
  else
    count = count + 1
    if kept[index] == id then
      known = kept[index + 1]
    end
  end
end
-- Written by every call, so that a WAIT behind it confirms something.
redis.call('PEXPIRE', proposals, ttl_ms)
local entry = string.format('%s %s %s', expires_ms, state, text)
if known == entry then
  return 'kept'
end
if (known and string.match(known, '^%d+ (%a+)') or '') ~= state_before then
  return 'decided'
end
if not known and count >= max then
  return 'full'
end
redis.call('HSET', proposals, id, entry)
redis.call('PEXPIRE', proposals, ttl_ms)
return 'kept'
