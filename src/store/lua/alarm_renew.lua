#!lua flags=allow-oom
-- alarm_renew: the holder of a channel's oldest message is still at it.
-- own arguments: channel, claim id, entry, ms until the lease ends
-- answer: 'renewed' or 'gone'

begin()
local channel = ARGV[own + 1]
local claim_id = ARGV[own + 2]
local entry = ARGV[own + 3]
local lease_ms = tonumber(ARGV[own + 4])

local one = load_channel(channel, entry)
if one.holder ~= claim_id or redis.call('HEXISTS', key.outbox, entry) == 0 then
  return finish('gone')
end
one.until_ms = state.clockMs + lease_ms
save_channel(channel, entry, one)
return finish('renewed')
