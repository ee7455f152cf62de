-- Shared by the scripts that release and that deliver: batches on their way to the origin. A release of a room with
-- delivery appends one entry, since it takes at most event_ids_max tickets.

local outbox_max = 5000 -- batches on their way; a room that may hold holds when there are as many
local dead_letters_max = 5000 -- the oldest go first

local function field_of(fields, name)
  for index = 1, #fields, 2 do
    if fields[index] == name then
      return fields[index + 1]
    end
  end
end

local function oldest_batch()
  return redis.call('XRANGE', key.outbox, '-', '+', 'COUNT', 1)[1]
end

-- How long it has been on its way, room-clock ms.
local function batch_age(entry)
  return room.clockMs - tonumber(field_of(entry[2], 'at'))
end

-- Of the oldest batch; -1: there is none.
local function oldest_batch_age()
  local entry = oldest_batch()
  return entry and batch_age(entry) or -1
end

-- Puts a batch among those that will not be tried again by themselves.
local function bury(fields, why, err)
  local letter = { unpack(fields) }
  for _, text in ipairs({ 'buried', whole(room.wallMs), 'why', why, 'error', err }) do
    letter[#letter + 1] = text
  end
  redis.call('XADD', key.dead_letters, 'MAXLEN', '=', dead_letters_max, '*', unpack(letter))
end

-- Whether nobody is released because the origin has not heard of those before.
local function holds_for_delivery()
  return room.deliveryHoldMs > 0
    and (oldest_batch_age() > room.deliveryHoldMs or redis.call('XLEN', key.outbox) >= outbox_max)
end

-- Tells the origin of a release that was just made: of room.releaseNumber, whose event is room.eventNumber.
local function append_batch(ids)
  local numbers = {}
  for index, text in ipairs(redis.call('HMGET', key.tickets, unpack(ids))) do
    numbers[index] = string.match(text, '^%d+')
  end
  local seed = room.epochId .. ' ' .. whole(room.eventNumber) .. ' ' .. key.room
  local fields = {
    'message', 'msg_' .. string.sub(redis.sha1hex(seed), 1, 32),
    'at', whole(room.clockMs),
    'release', whole(room.releaseNumber),
    'released', whole(room.wallMs),
    'deadline', whole(room.wallMs + room.enterWithinMs),
    'counts', string.format('%d %d %d', redis.call('ZCARD', key.queue), redis.call('ZCARD', key.admitted),
      redis.call('ZCARD', key.sessions) + room.assumed),
    'ids', table.concat(ids, ','),
    'numbers', table.concat(numbers, ','),
  }
  if redis.call('XLEN', key.outbox) < outbox_max then
    redis.call('XADD', key.outbox, whole(room.eventNumber) .. '-*', unpack(fields))
  else
    bury(fields, 'outbox-full', '')
  end
end
