-- Shared by tick and join: one release. The arithmetic is that of domain/release-plan.ts.

local head_scan_max = 1000 -- tickets looked at in one call; the rest waits for the next ("more")
local park_max = 150 -- of these, the away: each costs 5 us, and everyone's calls wait behind this one
local head_chunk_min = 64

local function free_tickets()
  if room.state ~= 'open' and room.state ~= 'draining' then
    return 0
  end
  if room.clockMs < room.holdUntilMs then
    return 0
  end
  if holds_for_delivery() then
    return 0
  end
  local holding = held()
  local free = math.min(math.floor(room.bucket + 0.000001), room.batchSizeMax, room.capacity - holding)
  if room.places >= 0 then
    local by_places = math.ceil((room.places - room.placesUsed) / room.placesPerVisitorMax) - holding
    free = math.min(free, by_places)
  end
  return math.max(free, 0)
end

-- Admits the present among `heads` (id, order, …) up to `free`, parks up to `may_park` of the away; returns how
-- many were looked at, and how many parked. Their removal from the queue is one command, since they are its first ones.
local function take_heads(heads, free, may_park, taken)
  local ids = {}
  for index = 1, #heads / 2 do
    ids[index] = heads[index * 2 - 1]
  end
  local texts = redis.call('HMGET', key.tickets, unpack(ids))
  local deadline = whole(room.clockMs + room.enterWithinMs)
  local admitting, parking, records = {}, {}, {}
  local looked, parked = 0, 0
  for index, id in ipairs(ids) do
    if #taken == free or parked == may_park then
      break
    end
    looked = index
    local order_text = heads[index * 2]
    if present_until_of(texts[index]) < room.clockMs then
      parked = parked + 1
      parking[2 * parked - 1] = order_text
      parking[2 * parked] = id
    else
      taken[#taken + 1] = id
      admitting[#admitting + 1] = deadline
      admitting[#admitting + 1] = id
      records[#records + 1] = id
      records[#records + 1] = admitted_record(texts[index], order_text)
      room.frontier = math.max(room.frontier, tonumber(order_text))
    end
  end
  redis.call('ZREMRANGEBYRANK', key.queue, 0, looked - 1)
  if parked > 0 then
    redis.call('ZADD', key.parked, unpack(parking))
    room.skippedTotal = room.skippedTotal + parked
  end
  if #admitting > 0 then
    redis.call('ZADD', key.admitted, unpack(admitting))
    redis.call('HSET', key.tickets, unpack(records))
  end
  return looked, parked
end

-- Admits at most `limit` from the head of the queue. Returns the admitted ids, and whether the scan was cut
-- short by its bound.
local function release(limit)
  local free = math.min(free_tickets(), limit)
  local taken = {}
  if free < 1 then
    return taken, false
  end
  local scanned, parked, emptied = 0, 0, false
  while #taken < free and scanned < head_scan_max and parked < park_max do
    local size = math.min(math.max(free - #taken, head_chunk_min), head_scan_max - scanned)
    local heads = redis.call('ZRANGE', key.queue, 0, size - 1, 'WITHSCORES')
    if #heads == 0 then
      emptied = true
      break
    end
    local looked, newly_parked = take_heads(heads, free, park_max - parked, taken)
    scanned, parked = scanned + looked, parked + newly_parked
  end
  if #taken > 0 then
    room.releaseNumber = room.releaseNumber + 1
    room.bucket = room.bucket - #taken
    room.admittedTotal = room.admittedTotal + #taken
    emit_in_parts('admitted', taken,
      whole(room.releaseNumber) .. ' ' .. whole(room.clockMs + room.enterWithinMs))
    if room.deliveryHoldMs ~= 0 then
      append_batch(taken)
    end
  end
  return taken, #taken < free and not emptied
end
