-- Shared by every script: the names of a room's keys and of the common arguments, its fields, the room
-- clock, events, and the head of a reply. A script calls begin() first and reply() last.
--
-- Numbers of 16 digits (orders, microseconds) lose digits in tostring, `..` and cjson: whole() writes them.

local key = {
  room = KEYS[1], -- hash: settings, versions, epoch, room clock, bucket, counters
  tickets = KEYS[2], -- hash: ticketId -> `number atMs [order extensions left gen]`
  completed = KEYS[3], -- hash: ticketId -> places used, kept as long as spent
  queue = KEYS[4], -- zset: ticketId -> order; waiting
  parked = KEYS[5], -- zset: ticketId -> order; waiting but away
  lapsed = KEYS[6], -- zset: ticketId -> order; had its turn and nobody answered
  admitted = KEYS[7], -- zset: ticketId -> deadline, room-clock ms
  sessions = KEYS[8], -- zset: ticketId -> expiry, room-clock ms
  spent = KEYS[9], -- zset: ticketId -> wall ms until which its end is remembered
  events = KEYS[10], -- stream: entry n-0 is event number n
  frame = KEYS[11], -- string: the newest frame
  outbox = KEYS[12], -- stream: batches that the origin has not been told of yet; only of a room with delivery
  dead_letters = KEYS[13], -- stream: batches that are tried no more
}
local caller = {
  nowUs = tonumber(ARGV[1]), -- '' outside tests: the server's own time
  epochNumber = tonumber(ARGV[2]), -- 0: knows nothing of the room
  epochId = ARGV[3],
  eventNumber = tonumber(ARGV[4]),
  lastOrder = tonumber(ARGV[5]),
}
local own = 5 -- a script's own arguments follow

local step_max_us = 3000000
local settle_ms = 3000
local token_ttl_ms = 259200000 -- 72 h: a queue token's life
local spent_ttl_ms = token_ttl_ms + 7200000
local event_ids_max = 1000
local number_gap = 1000 -- numbers that may have been given that this store knows nothing of

-- Settings come from the policy; the order is that of `settingArguments` in redis-arguments.ts.
local setting_names = {
  'capacity', 'outflowPerMinute', 'batchSizeMax', 'releaseEveryMs', 'presentWithinMs', 'abandonAfterMs',
  'enterWithinMs', 'sessionTtlMs', 'returnWithinMs', 'recoverWithinMs', 'ticketsMax', 'places',
  'placesPerVisitorMax', 'joinFromMs', 'opensAtMs', 'closesAtMs',
  'deliveryHoldMs', -- 0: releases are told to nobody, as in settings from before there was this; -1: told, never held
  'retainDays', -- 0 in settings from before there was this
}
-- Whole numbers, but for the bucket.
local counter_names = {
  'version', 'startedUs', 'epochNumber', 'epochFrom', 'wallUs', 'clockUs', 'lastOrder', 'lastNumber', 'frontier',
  'eventNumber', 'eventsFrom', 'releaseNumber', 'releasedAtMs', 'placesUsed', 'placesRemembered', 'assumed',
  'assumedBase', 'assumedUntilMs', 'holdUntilMs', 'recoverUntilMs', 'sweepFrom', 'admittedTotal', 'freedTotal',
  'skippedTotal', 'bucket',
  'closedAtMs', -- wall ms at which the room was first seen closed; 0: it is not
  'purgedUs', -- what was kept of people was deleted when this was the last order; 0: never
}
-- What is counted for people to read, behind the counters in the same text: parsed only by a script that counts, since
-- parsing costs each call, and a pattern has 32 captures at most. They go with the data: after a loss they go on from
-- what the store has left, and begin at 0 in an empty one.
local tally_names = {
  'joinedTotal', 'lapsedTotal', 'returnedTotal', 'enteredTotal', 'completedTotal', 'endedTotal',
  'presentSoFar', -- of those whom the sweep has met on its way through the queue
  'present', 'presentAtMs', -- as the last way through found, and the room clock at its end
}
local no_tallies = string.rep('0 ', #tally_names - 1) .. '0'
local tallies_form = string.rep('%d ', #tally_names - 1) .. '%d'
local bucket_at = 25 -- among the counters
local counters_form = string.rep('%d ', bucket_at - 1) .. '%.6f' .. string.rep(' %d', #counter_names - bucket_at)

-- The hash holds a field for each text, the settings as one and the counters as one: as 41 fields of their own they
-- cost each call about 15 us more to read and write.
local text_names = { 'state', 'epochId', 'runId', 'settings' }
local room = {} -- each text, setting and counter by its name
local stored = {} -- the texts as they were read, so that save_room() writes what changed
local tallies = no_tallies -- as they were read, with what a newer version of this script has behind them: kept
local tallies_beyond -- the latter alone, once the tallies are parsed

-- %d is a long, of 64 bits wherever Redis is; it takes half the time of %.0f.
local function whole(number)
  return string.format('%d', number)
end

local captures_max = 31 -- Lua's 32 in one match, less the one for what follows

-- Numbers by their names from a text `1 2 3`, 0 each where there is none. Returns what follows them.
local function read_numbers(text, names)
  for first = 1, #names, captures_max do
    local count = math.min(captures_max, #names - first + 1)
    local values = { string.match(text, '^' .. string.rep('(%S*) ?', count) .. '(.*)$') }
    for index = 1, count do
      room[names[first + index - 1]] = tonumber(values[index]) or 0
    end
    text = values[count + 1] or ''
  end
  return text
end

-- Reads the room; false when there is none.
local function load_room()
  local values = redis.call('HMGET', key.room, 'state', 'epochId', 'runId', 'settings', 'counters')
  for index, name in ipairs(text_names) do
    stored[name] = values[index]
    room[name] = values[index] or ''
  end
  read_numbers(room.settings, setting_names)
  tallies, tallies_beyond = read_numbers(values[5] or '', counter_names), nil
  if tallies == '' then
    tallies = no_tallies
  end
  return values[1] and true or false
end

local function read_tallies()
  tallies_beyond = tallies_beyond or read_numbers(tallies, tally_names)
end

local function tally(name, by)
  read_tallies()
  room[name] = room[name] + by
end

-- The numbers by these names as a text.
local function numbers_text(names, form)
  local numbers = {}
  for index, name in ipairs(names) do
    numbers[index] = room[name]
  end
  return string.format(form, unpack(numbers))
end

-- Writes what changed; the counters always, so that every script writes and a WAIT behind it confirms something.
local function save_room()
  if tallies_beyond then
    tallies = numbers_text(tally_names, tallies_form) .. (tallies_beyond == '' and '' or ' ' .. tallies_beyond)
  end
  local changes = { 'counters', numbers_text(counter_names, counters_form) .. ' ' .. tallies }
  for _, name in ipairs(text_names) do
    if room[name] ~= stored[name] then
      changes[#changes + 1] = name
      changes[#changes + 1] = room[name]
    end
  end
  redis.call('HSET', key.room, unpack(changes))
end

local function server_time_us()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end

local function run_id()
  return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
end

-- A third faster than comparing with run_id().
local function is_known_run()
  return room.runId ~= '' and string.find(redis.call('INFO', 'server'), room.runId, 1, true)
end

-- An epoch's id is `<lineage>.<process>`. The lineage is the wall time, us, at which the data began anew: the room
-- was created, or the first caller after a loss recovered it; a little later than that, so that two recoveries of one
-- old copy are never taken for one, even where the clock stands. Another store process keeps it.
local lineage_spread_us = 1000000

local function lineage_of(epoch_id)
  return tonumber(string.match(epoch_id, '^(%d+)%.')) or 0
end

-- The server's own time makes it new even where a test stops the room's.
local function epoch_digest()
  return redis.sha1hex(run_id() .. whole(server_time_us()) .. whole(room.epochNumber) .. key.room)
end

local function new_epoch_id(lineage)
  return whole(lineage) .. '.' .. string.sub(epoch_digest(), 1, 16)
end

-- Of data that begins anew at `from_us` at the earliest.
local function new_lineage(from_us)
  return from_us + tonumber(string.sub(epoch_digest(), 17, 24), 16) % lineage_spread_us
end

-- A store that knows less than its caller was emptied, rolled back, or is a stale copy.
local function knows_less_than_caller()
  if caller.epochNumber == 0 then
    return false
  end
  if room.epochId == caller.epochId then
    return room.eventNumber < caller.eventNumber
  end
  return lineage_of(room.epochId) < lineage_of(caller.epochId)
    or room.epochNumber < caller.epochNumber
    or room.epochFrom < caller.eventNumber
end

-- While a recovery holds, callers from before it are merged in.
local function merges_caller()
  return caller.epochNumber > 0
    and lineage_of(caller.epochId) < lineage_of(room.epochId)
    and room.recoverUntilMs > 0
    and math.floor(room.clockUs / 1000) < room.recoverUntilMs
end

local function set_clock(clock_us)
  room.clockUs = clock_us
  room.clockMs = math.floor(clock_us / 1000)
end

-- Moves the room clock by the wall time since the last call, never back and never more than step_max_us;
-- fills the bucket; notices another Redis process.
local function advance()
  local now_us = caller.nowUs or server_time_us()
  local moved_us = math.min(math.max(now_us - room.wallUs, 0), step_max_us)
  room.wallUs = now_us
  room.wallMs = math.floor(now_us / 1000)
  set_clock(room.clockUs + moved_us)
  room.bucket = math.min(room.batchSizeMax, room.bucket + moved_us * room.outflowPerMinute / 60000000)
  room.lastOrder = math.max(room.lastOrder, caller.lastOrder)
  if room.assumed > 0 and room.clockMs >= room.assumedUntilMs then
    room.assumed = 0
  end
  if not is_known_run() then
    if room.runId ~= '' then
      room.epochNumber = room.epochNumber + 1
      room.epochId = new_epoch_id(lineage_of(room.epochId))
      room.epochFrom = room.eventNumber
      -- This one may have been a replica that lacks the last joins; no number is given twice.
      room.lastNumber = room.lastNumber + number_gap
      if room.clockMs >= room.recoverUntilMs then
        room.placesRemembered = room.placesUsed
      end
    end
    room.runId = run_id()
    room.holdUntilMs = math.max(room.holdUntilMs, room.clockMs + settle_ms)
  end
end

-- Opens a script. Returns a refusal to answer with, or nothing when the room is served.
local function begin()
  if not load_room() then
    return { 'no-room' }
  end
  if room.state == 'deleted' then
    save_room() -- a repeat of remove must be confirmed as the first call was
    return { 'deleted' }
  end
  if knows_less_than_caller() or merges_caller() then
    return { 'behind' }
  end
  advance()
end

local function held()
  return redis.call('ZCARD', key.admitted) + redis.call('ZCARD', key.sessions) + room.assumed
end

-- Whether a ticket of this order is from before the room began, or before what was kept of people was deleted.
local function is_forgotten(order)
  return order < room.startedUs or order <= room.purgedUs
end

-- Appends one event for at most event_ids_max ids.
local function emit(kind, ids, note)
  room.eventNumber = room.eventNumber + 1
  local entry = whole(room.eventNumber) .. '-0'
  redis.call('XADD', key.events, entry, 'type', kind, 'at', whole(room.clockMs),
    'ids', table.concat(ids, ','), 'note', note)
end

local function emit_in_parts(kind, ids, note)
  for first = 1, #ids, event_ids_max do
    local part = {}
    for index = first, math.min(first + event_ids_max - 1, #ids) do
      part[#part + 1] = ids[index]
    end
    emit(kind, part, note)
  end
end

-- Closes a script: saves the room and answers {served, head, answer}. Texts rather than nested arrays, whose every
-- element Redis and its caller handle one by one.
local function reply(answer)
  save_room()
  local head = string.format('%d %s %d %d %d %d %d %d %d %d %d %d %d', room.epochNumber, room.epochId,
    room.eventNumber, room.lastOrder, room.lastNumber, room.frontier, room.placesUsed, held(), room.clockMs,
    room.wallMs, room.startedUs, room.version, room.purgedUs)
  return { 'served', head, answer }
end

-- One answer an entry.
local function reply_each(answers)
  return reply(table.concat(answers, ','))
end
