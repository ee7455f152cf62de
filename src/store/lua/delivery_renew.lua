#!lua flags=allow-oom
-- delivery_renew: the holder of the oldest batch is still at it.
-- own arguments: claim id, entry id, ms until the lease ends
-- answer: 'renewed' or 'gone'

local refusal = begin()
if refusal then
  return refusal
end
local claim_id = ARGV[own + 1]
local entry_id = ARGV[own + 2]
local lease_ms = tonumber(ARGV[own + 3])

local delivery = load_delivery()
if delivery.holder ~= claim_id or delivery.entry ~= entry_id or not batch_by_id(entry_id) then
  return reply('gone')
end
delivery.until_ms = room.clockMs + lease_ms
save_delivery(delivery)
return reply('renewed')
