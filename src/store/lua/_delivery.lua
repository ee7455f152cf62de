-- Shared by the scripts that deliver batches: how the delivery of a room's oldest batch stands. They move the room
-- clock, by which all of their times go: it stands still while nobody can reach the store.

local nobody = '-'

-- `entry holder untilMs tries againAtMs address off` in the room's hash; it goes with the room, and with its delivery.
local function load_delivery()
  local text = redis.call('HGET', key.room, 'delivery') or '- - 0 0 0 - 0'
  local entry, holder, until_ms, tries, again_at, address, off =
    string.match(text, '^(%S+) (%S+) (%d+) (%d+) (%d+) (%S+) (%d)$')
  return {
    entry = entry, -- the batch that all of this is about
    holder = holder, -- the claim that delivers it, until then
    until_ms = tonumber(until_ms),
    tries = tonumber(tries),
    again_at_ms = tonumber(again_at), -- not to be tried before
    address = address, -- the name of the address that this was learnt of
    is_off = off == '1', -- that address said it wants no more
  }
end

local function save_delivery(delivery)
  redis.call('HSET', key.room, 'delivery', string.format('%s %s %d %d %d %s %s', delivery.entry, delivery.holder,
    delivery.until_ms, delivery.tries, delivery.again_at_ms, delivery.address, delivery.is_off and '1' or '0'))
end

-- The oldest batch is another one now.
local function begin_batch(delivery, entry_id)
  delivery.entry, delivery.holder, delivery.until_ms, delivery.tries, delivery.again_at_ms = entry_id, nobody, 0, 0, 0
end

local function is_held(delivery)
  return delivery.holder ~= nobody and room.clockMs < delivery.until_ms
end

local function batch_by_id(entry_id)
  return redis.call('XRANGE', key.outbox, entry_id, entry_id)[1]
end

-- `wallMs what`; '' when there was none since the last success.
local function last_error()
  return redis.call('HGET', key.room, 'deliveryError') or ''
end

-- `pending oldestAgeMs deadLetters`
local function delivery_counts()
  return string.format('%d %d %d', redis.call('XLEN', key.outbox), oldest_batch_age(),
    redis.call('XLEN', key.dead_letters))
end
