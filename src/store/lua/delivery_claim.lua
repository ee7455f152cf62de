#!lua flags=allow-oom
-- delivery_claim: leases the oldest batch to one caller. First those go to the dead letters that are on their way for
-- too long, or all when the address wants no more.
-- own arguments: claim id, ms until the lease ends, name of the address, ms after which a batch is given up
-- answer: {`pending oldestAgeMs deadLetters`, buried by this call, 'none'} or {…, 'later', ms} or
--   {…, 'leased', tries, entry id, its fields}
-- work: 50 batches buried

local refusal = begin()
if refusal then
  return refusal
end
local claim_id = ARGV[own + 1]
local lease_ms = tonumber(ARGV[own + 2])
local address = ARGV[own + 3]
local give_up_after_ms = tonumber(ARGV[own + 4])

local bury_max = 50
local delivery = load_delivery()
local buried = 0

local function answer(kind, detail, entry_id, fields)
  save_delivery(delivery)
  return reply({ delivery_counts(), whole(buried), kind, detail, entry_id, fields })
end

if delivery.address ~= address then
  -- What another address answered says nothing of this one.
  delivery.address, delivery.tries, delivery.again_at_ms, delivery.is_off = address, 0, 0, false
end

local entry = oldest_batch()
while entry do
  if delivery.entry ~= entry[1] then
    begin_batch(delivery, entry[1])
  end
  if is_held(delivery) and delivery.holder ~= claim_id then
    return answer('later', whole(delivery.until_ms - room.clockMs))
  end
  local is_given_up = batch_age(entry) >= give_up_after_ms
  if not is_given_up and not delivery.is_off then
    break
  end
  if buried == bury_max then
    return answer('later', '0')
  end
  local err = delivery.tries > 0 and string.match(last_error(), '^%d+ (.*)$') or ''
  bury(entry[2], is_given_up and 'given-up' or 'disabled', err)
  redis.call('XDEL', key.outbox, entry[1])
  buried = buried + 1
  entry = oldest_batch()
end
if not entry then
  begin_batch(delivery, nobody)
  return answer('none')
end
if room.clockMs < delivery.again_at_ms then
  return answer('later', whole(delivery.again_at_ms - room.clockMs))
end
delivery.holder = claim_id
delivery.until_ms = room.clockMs + lease_ms
delivery.tries = delivery.tries + 1
return answer('leased', whole(delivery.tries), entry[1], entry[2])
