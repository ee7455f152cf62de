#!lua flags=allow-oom
-- alarm_claim: leases the oldest message of a channel to one caller.
-- own arguments: channel, claim id, ms until the lease ends
-- answer: {'none'} or {'later', ms} or {'leased', tries, entry, its text}
-- work: 400 messages looked through

begin()
local channel = ARGV[own + 1]
local claim_id = ARGV[own + 2]
local lease_ms = tonumber(ARGV[own + 3])

local oldest
for _, entry in ipairs(entries_in_order()) do
  if string.match(entry, '^%d+ (.*)$') == channel then
    oldest = entry
    break
  end
end
if not oldest then
  redis.call('HDEL', key.channels, channel)
  return finish({ 'none' })
end
local one = load_channel(channel, oldest)
if one.holder ~= '-' and one.holder ~= claim_id and one.until_ms > state.clockMs then
  return finish({ 'later', whole(one.until_ms - state.clockMs) })
end
if one.again_at_ms > state.clockMs then
  return finish({ 'later', whole(one.again_at_ms - state.clockMs) })
end
one.holder, one.until_ms, one.tries = claim_id, state.clockMs + lease_ms, one.tries + 1
save_channel(channel, oldest, one)
return finish({ 'leased', whole(one.tries), oldest, redis.call('HGET', key.outbox, oldest) })
