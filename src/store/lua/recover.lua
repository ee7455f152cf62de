#!lua
-- recover: a caller that knows more than the store brings it up to what it knows. The first caller after a
-- loss empties what is left (a stale store is worth no more than an empty one) and moves the epoch on;
-- while the room holds, every caller from before it is merged in, also with further ended tickets of its own.
-- own arguments: startedUs, version, lastNumber, frontier, placesUsed, inside, clockMs, age of the memory ms,
--   purgedUs, then the settings (see _settings.lua), then three an ended ticket: id, outcome, places used
-- answer: 'recovered', 'known' or 'forgotten'
-- work: at most 500 ended tickets (the caller's bound); when merged, the tickets sighted since the first call whose
--   order lies between the two frontiers

local started_us = tonumber(ARGV[own + 1])
local version = tonumber(ARGV[own + 2])
local last_number = tonumber(ARGV[own + 3])
local frontier = tonumber(ARGV[own + 4])
local places_used = tonumber(ARGV[own + 5])
local inside = tonumber(ARGV[own + 6])
local clock_us = tonumber(ARGV[own + 7]) * 1000
local age_ms = tonumber(ARGV[own + 8])
local purged_us = tonumber(ARGV[own + 9])
local settings_from = own + 10

local order_gap_us = 5000000

local exists = load_room()
if exists and room.state == 'deleted' and started_us <= room.startedUs then
  return { 'deleted' }
end
local replaces = exists and started_us > room.startedUs
local forgotten = exists and started_us < room.startedUs
local merges = exists and not replaces and merges_caller()
local first = not exists or replaces or (not merges and knows_less_than_caller())

-- Whether the store is what the caller saw earlier, and no more.
local function is_older_copy()
  local here, known = lineage_of(room.epochId), lineage_of(caller.epochId)
  return room.epochId == caller.epochId or here < known
    or (here == known and room.epochNumber < caller.epochNumber)
end

local function take_settings()
  room.version = version
  read_settings(settings_from)
  write_texts(settings_from)
end

-- Counters become the largest known.
local function merge_counters()
  if purged_us > room.purgedUs then
    -- What was remembered here as ended is from before the caller saw the room emptied.
    redis.call('UNLINK', key.spent, key.completed, key.dead_letters)
    room.purgedUs = purged_us
  end
  room.eventNumber = math.max(room.eventNumber, caller.eventNumber)
  room.epochNumber = math.max(room.epochNumber, caller.epochNumber)
  room.lastNumber = math.max(room.lastNumber, last_number + number_gap)
  room.lastOrder = math.max(room.lastOrder, caller.lastOrder + order_gap_us)
  room.frontier = math.max(room.frontier, frontier)
  if places_used > room.placesRemembered then
    room.placesUsed = room.placesUsed + places_used - room.placesRemembered
    room.placesRemembered = places_used
  end
end

-- People who may be inside, as far as this memory can tell.
local function merge_assumed()
  local admitted_since = room.batchSizeMax + math.ceil(room.outflowPerMinute * age_ms / 60000)
  local base = math.max(inside, math.min(room.capacity, inside + admitted_since))
  if base > room.assumedBase then
    room.assumed = room.assumed + base - room.assumedBase
    room.assumedBase = base
  end
  room.assumedUntilMs = math.max(room.assumedUntilMs, room.clockMs + room.sessionTtlMs + room.enterWithinMs)
end

-- Tickets that were put back to wait, and that the newcomer knows to be at or below the frontier: they may have
-- had their turn, as it is when they are sighted.
local function lapse_released(frontier_before)
  local ids = {}
  for _, place in ipairs({ 'queue', 'parked' }) do
    local found = redis.call('ZRANGEBYSCORE', key[place], '(' .. whole(frontier_before), whole(room.frontier),
      'WITHSCORES')
    for index = 1, #found, 2 do
      local id = found[index]
      local ticket = unpack_ticket(redis.call('HGET', key.tickets, id))
      ticket.at = room.clockMs
      redis.call('ZREM', key[place], id)
      redis.call('ZADD', key.lapsed, whole(tonumber(found[index + 1])), id)
      write_ticket(id, ticket)
      ids[#ids + 1] = id
    end
  end
  emit_in_parts('lapsed', ids, '')
end

local function forget_state()
  unlink_tickets()
  if replaces then
    redis.call('UNLINK', key.room, key.spent, key.completed, key.dead_letters)
    load_room()
  elseif not exists then
    redis.call('UNLINK', key.spent, key.completed, key.dead_letters)
  end
end

local function remember_ended(from)
  if caller.lastOrder < room.purgedUs then
    return -- the room was emptied since
  end
  for index = from, #ARGV, 3 do
    local id, outcome, used = ARGV[index], ARGV[index + 1], ARGV[index + 2]
    local text = redis.call('HGET', key.tickets, id)
    local place = text and place_of(id)
    if place == 'sessions' and outcome == 'left' then
      -- Shown a pass since: the seat is free when that has run out, as it is after any leave.
      local ticket = unpack_ticket(text)
      ticket.left = 1
      write_ticket(id, ticket)
    elseif place then
      end_ticket(id, place)
    else
      remember_spent(id)
    end
    if outcome == 'completed' then
      redis.call('HSETNX', key.completed, id, used)
    end
  end
end

local settings_count = 4 + #setting_names
if forgotten or not (first or merges) then
  advance()
  return reply(forgotten and 'forgotten' or 'known')
end
if first then
  forget_state()
  if not exists or replaces or version > room.version then
    take_settings()
  end
  if not exists or replaces then
    room.wallUs = caller.nowUs or server_time_us()
    room.startedUs = started_us
  end
  if is_older_copy() then
    -- What it counts is part of what the caller knows; otherwise it may have counted others.
    room.placesRemembered = room.placesUsed
  end
  room.assumed, room.assumedBase, room.assumedUntilMs = 0, 0, 0
  room.releasedAtMs, room.sweepFrom = 0, 0
  room.runId = run_id()
  advance()
  -- Only while nobody is there: a jump of the clock would use up sessions and presence.
  set_clock(math.max(room.clockUs, clock_us))
  merge_counters()
  room.epochNumber = room.epochNumber + 1
  room.epochId = new_epoch_id(new_lineage(math.max(
    room.wallUs, lineage_of(caller.epochId) + 1, lineage_of(room.epochId) + 1)))
  room.bucket = 0
  room.holdUntilMs = room.clockMs + room.recoverWithinMs
  room.recoverUntilMs = room.holdUntilMs
  room.eventsFrom = room.eventNumber
  merge_assumed()
  emit('recovered', {}, whole(room.epochNumber))
  room.epochFrom = room.eventNumber
else
  advance()
  if version > room.version then
    take_settings()
    emit('room', {}, whole(version))
  end
  local frontier_before = room.frontier
  merge_counters()
  lapse_released(frontier_before)
  merge_assumed()
  room.epochFrom = math.max(room.epochFrom, caller.eventNumber)
  -- Without an event nobody would notice that a copy from before this merge was put back.
  emit('recovered', {}, whole(room.epochNumber))
end
remember_ended(settings_from + settings_count)
return reply('recovered')
