#!lua
-- email_ask: keeps a ticket's request, in place of an earlier one. Whoever had claimed that may not begin it any more.
-- key: zset of the tickets that named this address: ticketId -> wall ms until which each counts
-- own arguments: id, gen, order, minutes, wall ms at which the token ends, sealed text, requests a room may keep,
--   tickets that may name one address
-- answer: 'kept', 'not-waiting', 'sent-before', 'moved', 'full' or 'no-room'

local named_by = KEYS[23]
local id = ARGV[own + 1]
local gen = tonumber(ARGV[own + 2])
local order = tonumber(ARGV[own + 3])
local minutes = ARGV[own + 4]
local ends_ms = ARGV[own + 5]
local sealed = ARGV[own + 6]
local kept_max = tonumber(ARGV[own + 7])
local named_max = tonumber(ARGV[own + 8])

if not load_live_room() then
  return 'no-room'
end
if is_moved(id, gen) then
  return 'moved'
end
if not waits(id, order) then
  drop(id)
  return 'not-waiting'
end
local record = read_record(id)
if (not record and redis.call('ZSCORE', email.claimed, id)) or (record and is_begun(record)) then
  return 'sent-before'
end
if not record and redis.call('HLEN', email.records) >= kept_max then
  return 'full'
end
redis.call('ZREMRANGEBYSCORE', named_by, '-inf', whole(now_ms))
if not redis.call('ZSCORE', named_by, id) and redis.call('ZCARD', named_by) >= named_max then
  return 'full'
end
redis.call('ZADD', named_by, ends_ms, id)
redis.call('PEXPIRE', named_by, token_ttl_ms)
drop(id)
redis.call('ZADD', email.under[minutes], whole(order), id)
write_record(id, { minutes = minutes, tries = 0, holder = nobody, sealed = sealed })
redis.call('ZADD', email.ends, ends_ms, id)
for _, name in ipairs({ email.records, email.ends, email.claimed, email.again, email.under[minutes] }) do
  redis.call('PEXPIRE', name, token_ttl_ms)
end
return 'kept'
