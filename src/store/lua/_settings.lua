-- Shared by the scripts that write a room's settings: reads them from the arguments.

-- What is on its way has nowhere to go any more.
local function forget_deliveries()
  redis.call('UNLINK', key.outbox)
  redis.call('HDEL', key.room, 'delivery', 'deliveryError')
end

-- From `first` on: state, policy, notice, reason, then the settings in the order of setting_names.
local function read_settings(first)
  room.state = ARGV[first]
  room.settings = table.concat(ARGV, ' ', first + 4, first + 3 + #setting_names)
  read_numbers(room.settings, setting_names)
  room.bucket = math.min(room.bucket, room.batchSizeMax)
  if room.deliveryHoldMs == 0 then
    forget_deliveries()
  end
  if room.state ~= 'closed' then
    room.closedAtMs = 0
  end
end

local function write_texts(first)
  redis.call('HSET', key.room, 'policy', ARGV[first + 1], 'notice', ARGV[first + 2], 'reason', ARGV[first + 3])
end

-- Everything a room holds besides its own hash and the memory of what ended: dead letters are part of that.
local function unlink_tickets()
  redis.call('UNLINK', key.tickets, key.queue, key.parked, key.lapsed, key.admitted, key.sessions, key.events,
    key.frame, key.outbox)
end
