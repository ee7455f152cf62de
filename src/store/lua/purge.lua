#!lua flags=allow-oom
-- purge: deletes what a room keeps of people, once it has been closed as long as its policy retains them. Its own hash
-- stays, with the counts. Too early, or where nothing is left: nothing. A token from before is answered `gone`.
-- more keys: all else that is kept of its people; each is deleted whole
-- own arguments: caller's wall ms, how many of the last keys go the first time only
-- answer: 'purged' or 'kept'
-- work: one UNLINK, whose memory Redis frees beside its calls

local refusal = begin()
if refusal then
  return refusal
end
local caller_wall_ms = tonumber(ARGV[own + 1])

local once_count = tonumber(ARGV[own + 2])

if not is_past_retention(caller_wall_ms) then
  return reply('kept')
end
local is_first = room.purgedUs < room.closedAtMs * 1000
-- All but the room's own hash.
local others = { unpack(KEYS, 2, is_first and #KEYS or #KEYS - once_count) }
if not is_first and redis.call('EXISTS', unpack(others)) == 0 then
  return reply('kept')
end
room.freedTotal = room.freedTotal + redis.call('ZCARD', key.admitted) + redis.call('ZCARD', key.sessions)
room.assumed, room.assumedBase, room.assumedUntilMs, room.sweepFrom = 0, 0, 0, 0
redis.call('UNLINK', unpack(others))
forget_deliveries()
-- Later than every order given out, and seen in the cursor of whoever has heard of it.
room.lastOrder = math.max(room.wallUs, room.lastOrder + 1)
room.purgedUs = room.lastOrder
room.eventNumber = room.eventNumber + 1
room.eventsFrom = room.eventNumber
return reply('purged')
