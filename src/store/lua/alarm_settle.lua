#!lua flags=allow-oom
-- alarm_settle: how a try went. That the receiver has the message counts from anybody; the rest, from the holder.
-- own arguments: channel, claim id, entry, outcome (sent, failed, refused), ms until the next try
-- answer: 'settled' or 'gone'

begin()
local channel = ARGV[own + 1]
local claim_id = ARGV[own + 2]
local entry = ARGV[own + 3]
local outcome = ARGV[own + 4]
local again_in_ms = tonumber(ARGV[own + 5])

local one = load_channel(channel, entry)
if redis.call('HEXISTS', key.outbox, entry) == 0 or (one.holder ~= claim_id and outcome ~= 'sent') then
  return finish('gone')
end
if outcome == 'failed' then
  one.holder, one.again_at_ms = '-', state.clockMs + again_in_ms
  save_channel(channel, entry, one)
else
  redis.call('HDEL', key.outbox, entry)
end
return finish('settled')
