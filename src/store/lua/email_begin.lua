#!lua flags=allow-oom
-- email_begin: the holder is about to send the content. From now on the request counts as sent, unless its holder says
-- otherwise before the lease ends, which begins anew.
-- own arguments: id, claim id, lease ms
-- answer: 'begun', or 'gone': it must not be sent

local id = ARGV[own + 1]
local claim_id = ARGV[own + 2]
local lease_ms = tonumber(ARGV[own + 3])

local record = load_live_room() and read_record(id)
if not record or (record.holder ~= claim_id and record.holder ~= begun .. claim_id) then
  return 'gone'
end
if not waits(id, tonumber(redis.call('ZSCORE', email.claimed, id))) then
  drop(id)
  return 'gone'
end
record.holder = begun .. claim_id
write_record(id, record)
redis.call('ZADD', email.again, whole(now_ms + lease_ms), id)
return 'begun'
