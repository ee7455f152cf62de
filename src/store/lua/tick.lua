#!lua flags=allow-oom
-- tick: what every replica calls once a second. Opens and closes by schedule, expires, releases if due,
-- sweeps, forgets, trims events, and answers with the frame and the events after the caller's cursor.
-- own arguments: event number read to, room version known, caller's wall ms
-- answer: {frame, {state, version, policy, notice, reason} or {}, events, gap (0|1), more (0|1), read to,
--   past retention (0|1): call purge}
--   frame: 25 numbers, then the orders at the grid's ranks, each as the difference from the one before
-- work: 200 lapses, 200 expiries, one release (1,000 heads, 150 of them parked), 500 swept, 1,000 forgotten, 1,000
--   event ids, and a frame at most every 900 ms (about 1,700 knots at a million waiting)

local refusal = begin()
if refusal then
  return refusal
end
local read_from = tonumber(ARGV[own + 1])
local known_version = tonumber(ARGV[own + 2])
local caller_wall_ms = tonumber(ARGV[own + 3])

local expire_max, sweep_max, forget_max, trim_max = 200, 500, 500, 200
local events_max, event_ids_reply_max = 100000, 1000
local frame_age_max_ms = 900
local exact_ranks, grid_step = 1000, 1.01

local function change_state(state, cause)
  local before = room.state
  room.state = state
  room.version = room.version + 1
  emit('room', {}, whole(room.version) .. ' ' .. before .. ' ' .. state .. ' ' .. cause)
end

-- By schedule only when both clocks say so: one that runs ahead opens nothing.
local function follow_schedule()
  local now_ms = math.min(room.wallMs, caller_wall_ms)
  if room.state == 'scheduled' and room.opensAtMs > 0 and now_ms >= room.opensAtMs then
    change_state('open', 'schedule')
  end
  local closes = room.state == 'scheduled' or room.state == 'open' or room.state == 'paused' or room.state == 'draining'
  if closes and room.closesAtMs > 0 and now_ms >= room.closesAtMs then
    change_state('closed', 'schedule')
  end
  if room.state == 'draining'
    and redis.call('ZCARD', key.queue) == 0 and redis.call('ZCARD', key.admitted) == 0 then
    change_state('closed', 'drained')
  end
end

-- A room closed by another version, or before there was this, is noted by the first tick that sees it.
local function note_closing()
  if room.state ~= 'closed' then
    room.closedAtMs = 0
  elseif room.closedAtMs == 0 then
    room.closedAtMs = room.wallMs
  end
end

local function expire_sessions()
  local ids = redis.call('ZRANGEBYSCORE', key.sessions, '-inf', whole(room.clockMs), 'LIMIT', 0, expire_max)
  if #ids > 0 then
    end_tickets(ids, 'sessions')
    emit('ended', ids, 'expired 0')
  end
end

local function lapse_admitted()
  local ids = redis.call('ZRANGEBYSCORE', key.admitted, '-inf', whole(room.clockMs), 'LIMIT', 0, expire_max)
  if #ids == 0 then
    return
  end
  local texts = redis.call('HMGET', key.tickets, unpack(ids))
  local lapsing, records = {}, {}
  for index, id in ipairs(ids) do
    local ticket = unpack_ticket(texts[index])
    lapsing[#lapsing + 1] = whole(ticket.order)
    lapsing[#lapsing + 1] = id
    ticket.at, ticket.order, ticket.extensions = room.clockMs, 0, 0
    records[#records + 1] = id
    records[#records + 1] = pack_ticket(ticket)
  end
  redis.call('ZREM', key.admitted, unpack(ids))
  redis.call('ZADD', key.lapsed, unpack(lapsing))
  redis.call('HSET', key.tickets, unpack(records))
  room.freedTotal = room.freedTotal + #ids
  tally('lapsedTotal', #ids)
  emit('lapsed', ids, '')
end

-- Less a tenth: ticks of several replicas come a little early and late, and waiting for the whole interval
-- loses pace. The bucket keeps it.
local function release_if_due()
  if room.clockMs - room.releasedAtMs < room.releaseEveryMs * 0.9 then
    return false
  end
  local _, cut_short = release(room.batchSizeMax)
  if not cut_short then
    room.releasedAtMs = room.clockMs
  end
  return cut_short
end

-- Parks those of the queue who are away for abandonAfterMs; counts the present.
local function park_absent(ids)
  local texts = redis.call('HMGET', key.tickets, unpack(ids))
  local seen_before = room.clockMs - room.abandonAfterMs + room.presentWithinMs
  for index, id in ipairs(ids) do
    local present_until = present_until_of(texts[index])
    if present_until >= room.clockMs then
      room.presentSoFar = room.presentSoFar + 1
    end
    if present_until < seen_before then
      local order = redis.call('ZSCORE', key.queue, id)
      redis.call('ZREM', key.queue, id)
      redis.call('ZADD', key.parked, order, id)
    end
  end
end

-- Goes on where the last sweep stopped. At the end of the queue, those counted present on the way are its present.
local function sweep()
  read_tallies()
  if room.sweepFrom == 0 then
    room.presentSoFar = 0
  end
  local ids = redis.call('ZRANGEBYSCORE', key.queue, '(' .. whole(room.sweepFrom), '+inf', 'LIMIT', 0, sweep_max)
  local last_order = 0
  if #ids > 0 then
    -- Before it may be parked: it has no order in the queue then.
    last_order = tonumber(redis.call('ZSCORE', key.queue, ids[#ids]))
    park_absent(ids)
  end
  room.sweepFrom = last_order
  if #ids < sweep_max then
    room.sweepFrom, room.present, room.presentAtMs = 0, room.presentSoFar, room.clockMs
  end
end

-- Ends that no token can come back to, and parked or lapsed tickets whose token is over.
local function forget()
  local over = redis.call('ZRANGEBYSCORE', key.spent, '-inf', whole(room.wallMs), 'LIMIT', 0, forget_max)
  if #over > 0 then
    redis.call('ZREM', key.spent, unpack(over))
    redis.call('HDEL', key.completed, unpack(over))
  end
  local oldest_order = room.wallUs - token_ttl_ms * 1000
  for _, place in ipairs({ 'parked', 'lapsed' }) do
    local ids = redis.call('ZRANGEBYSCORE', key[place], '-inf', whole(oldest_order), 'LIMIT', 0, forget_max)
    for _, id in ipairs(ids) do
      if unpack_ticket(redis.call('HGET', key.tickets, id)).at < room.clockMs - token_ttl_ms then
        end_ticket(id, place)
        emit('ended', { id }, 'expired 0')
      end
    end
  end
end

local function entry_number(entry)
  return tonumber(string.match(entry[1], '^(%d+)'))
end

local function trim_events()
  local keep_ms = room.sessionTtlMs + room.enterWithinMs
  local oldest = redis.call('XRANGE', key.events, '-', '+', 'COUNT', 1)
  local trim_to = math.max(0, room.eventNumber - events_max)
  if oldest[1] and room.clockMs - tonumber(field_of(oldest[1][2], 'at')) > keep_ms then
    for _, entry in ipairs(redis.call('XRANGE', key.events, '-', '+', 'COUNT', trim_max)) do
      if room.clockMs - tonumber(field_of(entry[2], 'at')) <= keep_ms then
        break
      end
      trim_to = math.max(trim_to, entry_number(entry))
    end
  end
  if trim_to > room.eventsFrom then
    redis.call('XTRIM', key.events, 'MINID', whole(trim_to + 1) .. '-0')
    room.eventsFrom = trim_to
  end
end

-- Each knot as its difference from the one before: fewer digits to write and send.
local function checkpoint_text()
  local knots = {}
  local before = 0
  local heads = redis.call('ZRANGE', key.queue, 0, exact_ranks - 1, 'WITHSCORES')
  for index = 1, #heads / 2 do
    local order = tonumber(heads[index * 2])
    knots[index] = whole(order - before)
    before = order
  end
  local waiting = redis.call('ZCARD', key.queue)
  local rank = math.floor(exact_ranks * grid_step)
  while rank <= waiting do
    local at = whole(rank - 1) -- as a number, Redis would write it twice, and more slowly
    local order = tonumber(redis.call('ZRANGE', key.queue, at, at, 'WITHSCORES')[2])
    knots[#knots + 1] = whole(order - before)
    before = order
    rank = math.floor(rank * grid_step)
  end
  return table.concat(knots, ',')
end

-- The newest frame: kept, and made anew when older than frame_age_max_ms; of an emptied room it is not kept.
local function newest_frame(is_kept)
  local made_at = is_kept and tonumber(string.match(redis.call('GETRANGE', key.frame, 0, 20), '^%d+'))
  local age_ms = room.clockMs - (made_at or -frame_age_max_ms)
  if age_ms >= 0 and age_ms < frame_age_max_ms then
    return redis.call('GET', key.frame)
  end
  -- Who joins after this frame gets a later order, even when the wall clock is set back.
  room.lastOrder = math.max(room.wallUs, room.lastOrder)
  local numbers = {
    room.clockMs, room.lastOrder, redis.call('ZCARD', key.queue), redis.call('ZCARD', key.parked),
    redis.call('ZCARD', key.lapsed), redis.call('ZCARD', key.admitted), redis.call('ZCARD', key.sessions),
    room.assumed, room.placesUsed, room.admittedTotal, room.freedTotal, room.skippedTotal, room.holdUntilMs,
    room.frontier, 0, -1, 0, room.joinedTotal, room.lapsedTotal, room.returnedTotal, room.enteredTotal,
    room.completedTotal, room.endedTotal, room.present, room.presentAtMs,
  }
  if room.deliveryHoldMs ~= 0 then
    numbers[15] = redis.call('XLEN', key.outbox)
    numbers[16] = oldest_batch_age()
    numbers[17] = redis.call('XLEN', key.dead_letters)
  end
  for index, number in ipairs(numbers) do
    numbers[index] = whole(number)
  end
  local text = table.concat(numbers, ',') .. ';' .. checkpoint_text()
  if is_kept then
    redis.call('SET', key.frame, text)
  end
  return text
end

-- Events after the cursor, at most event_ids_reply_max ids: {number, type, at, ids, note} each.
local function read_events()
  local other_epoch = caller.epochNumber > 0 and caller.epochId ~= room.epochId
  local gap = other_epoch or read_from < room.eventsFrom
  local events, ids_read = {}, 0
  local read_to = math.max(read_from, room.eventsFrom)
  local entries = redis.call('XRANGE', key.events, '(' .. whole(read_to) .. '-0', '+', 'COUNT', trim_max)
  local cut_short = #entries == trim_max
  for _, entry in ipairs(entries) do
    local ids = field_of(entry[2], 'ids')
    local count = ids == '' and 0 or (#ids + 1) / 23
    if ids_read > 0 and ids_read + count > event_ids_reply_max then
      cut_short = true
      break
    end
    ids_read = ids_read + count
    read_to = entry_number(entry)
    events[#events + 1] = {
      whole(read_to), field_of(entry[2], 'type'), field_of(entry[2], 'at'), ids, field_of(entry[2], 'note'),
    }
  end
  return events, gap, cut_short, cut_short and read_to or room.eventNumber
end

follow_schedule()
note_closing()
local past_retention = is_past_retention(caller_wall_ms)
expire_sessions()
lapse_admitted()
local release_more = release_if_due()
sweep()
forget()
trim_events()
local frame = newest_frame(not past_retention)
local events, gap, events_more, read_to = read_events()

local description = {}
if room.version ~= known_version then
  local texts = redis.call('HMGET', key.room, 'policy', 'notice', 'reason')
  description = { room.state, whole(room.version), texts[1], texts[2], texts[3] }
end
return reply({
  frame, description, events, gap and 1 or 0, (release_more or events_more) and 1 or 0, whole(read_to),
  past_retention and 1 or 0,
})
