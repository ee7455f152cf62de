#!lua flags=allow-oom
-- redeem: a hand-over works for the first call id only; the same call id again gives the same answer.
-- one key more: the hand-over's own (string: the call id that had it)
-- own arguments: call id, ticket id, epoch id it was signed under
-- answer: `redeemed expiryMs number`, `used`, `stale` or `ended`

local refusal = begin()
if refusal then
  return refusal
end
local redeemed = KEYS[14]
local call_id = ARGV[own + 1]
local id = ARGV[own + 2]
local epoch_id = ARGV[own + 3]
local remembered_ms = 180000 -- three times a hand-over's life

if epoch_id ~= room.epochId then
  return reply('stale')
end
local first = redis.call('GET', redeemed)
if first and first ~= call_id then
  return reply('used')
end
local place, score, ticket = find_ticket(id)
if place ~= 'sessions' or ticket.left == 1 then
  return reply('ended')
end
redis.call('SET', redeemed, call_id, 'PX', remembered_ms)
return reply(string.format('redeemed %d %d', score, ticket.number))
