#!lua flags=allow-oom
-- delivery_settle: how a try went. That the origin has the batch counts from anybody; the rest, from the holder.
-- own arguments: claim id, entry id, message id, outcome (delivered, failed, disabled, unsent), name of the address,
--   ms until the next try, ms after which a batch is given up, what went wrong
-- answer: 'settled', 'buried' (now a dead letter) or 'gone'

local refusal = begin()
if refusal then
  return refusal
end
local claim_id = ARGV[own + 1]
local entry_id = ARGV[own + 2]
local message_id = ARGV[own + 3]
local outcome = ARGV[own + 4]
local address = ARGV[own + 5]
local again_in_ms = tonumber(ARGV[own + 6])
local give_up_after_ms = tonumber(ARGV[own + 7])
local err = ARGV[own + 8]

local delivery = load_delivery()
local entry = batch_by_id(entry_id)

local function bury_batch(why)
  bury(entry[2], why, err)
  redis.call('XDEL', key.outbox, entry_id)
  begin_batch(delivery, nobody)
end

if not entry or field_of(entry[2], 'message') ~= message_id then
  return reply('gone')
end
if outcome == 'delivered' then
  redis.call('XDEL', key.outbox, entry_id)
  redis.call('HDEL', key.room, 'deliveryError')
  if delivery.entry == entry_id then
    begin_batch(delivery, nobody)
    save_delivery(delivery)
  end
  return reply('settled')
end
if delivery.holder ~= claim_id or delivery.entry ~= entry_id then
  return reply('gone')
end
local word = 'settled'
delivery.holder = nobody
if outcome == 'unsent' then
  delivery.tries = delivery.tries - 1
else
  redis.call('HSET', key.room, 'deliveryError', whole(room.wallMs) .. ' ' .. err)
  delivery.address = address
  if outcome == 'disabled' then
    delivery.is_off = true
    bury_batch('disabled')
    word = 'buried'
  elseif batch_age(entry) >= give_up_after_ms then
    bury_batch('given-up')
    word = 'buried'
  else
    delivery.again_at_ms = room.clockMs + again_in_ms
  end
end
save_delivery(delivery)
return reply(word)
