-- Shared by tick and join: one release. The arithmetic is that of domain/release-plan.ts.

local head_scan_max = 1000 -- tickets looked at in one call; the rest waits for the next ("more")
local head_chunk_min = 64

local function free_tickets()
  if room.state ~= 'open' and room.state ~= 'draining' then
    return 0
  end
  if room.clockMs < room.holdUntilMs then
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

-- Admits the present among `heads` (id, order, …) up to `free`, parks the away; returns how many were
-- looked at. Their removal from the queue is one command, since they are its first ones.
local function take_heads(heads, free, taken)
  local ids = {}
  for index = 1, #heads, 2 do
    ids[#ids + 1] = heads[index]
  end
  local texts = redis.call('HMGET', key.tickets, unpack(ids))
  local deadline = whole(room.clockMs + room.enterWithinMs)
  local admitting, parking, records = {}, {}, {}
  local looked = 0
  for index, id in ipairs(ids) do
    if #taken == free then
      break
    end
    looked = looked + 1
    local order = tonumber(heads[index * 2])
    local ticket = unpack_ticket(texts[index])
    if ticket.at < room.clockMs then
      parking[#parking + 1] = whole(order)
      parking[#parking + 1] = id
      room.skippedTotal = room.skippedTotal + 1
    else
      ticket.order = order
      ticket.extensions = 0
      taken[#taken + 1] = id
      admitting[#admitting + 1] = deadline
      admitting[#admitting + 1] = id
      records[#records + 1] = id
      records[#records + 1] = pack_ticket(ticket)
      room.frontier = math.max(room.frontier, order)
    end
  end
  redis.call('ZREMRANGEBYRANK', key.queue, 0, looked - 1)
  if #parking > 0 then
    redis.call('ZADD', key.parked, unpack(parking))
  end
  if #admitting > 0 then
    redis.call('ZADD', key.admitted, unpack(admitting))
    redis.call('HSET', key.tickets, unpack(records))
  end
  return looked
end

-- Admits at most `limit` from the head of the queue. Returns the admitted ids, and whether the scan was cut
-- short by its bound.
local function release(limit)
  local free = math.min(free_tickets(), limit)
  local taken = {}
  if free < 1 then
    return taken, false
  end
  local scanned, emptied = 0, false
  while #taken < free and scanned < head_scan_max do
    local size = math.min(math.max(free - #taken, head_chunk_min), head_scan_max - scanned)
    local heads = redis.call('ZRANGE', key.queue, 0, size - 1, 'WITHSCORES')
    if #heads == 0 then
      emptied = true
      break
    end
    scanned = scanned + take_heads(heads, free, taken)
  end
  if #taken > 0 then
    room.releaseNumber = room.releaseNumber + 1
    room.bucket = room.bucket - #taken
    room.admittedTotal = room.admittedTotal + #taken
    emit_in_parts('admitted', taken,
      whole(room.releaseNumber) .. ' ' .. whole(room.clockMs + room.enterWithinMs))
  end
  return taken, #taken < free and not emptied
end
