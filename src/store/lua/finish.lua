#!lua flags=allow-oom
-- finish: the origin ends a session, from any state, and frees its seat: at once, or after a while in which every gate
-- hears that its pass is over. `completed` counts its places, never beyond the room's, and once.
-- own arguments: id, outcome (completed | gave-up), places used, ms until the seat is free
-- answer: `finished outcome placesUsed` or `none-left`

local refusal = begin()
if refusal then
  return refusal
end
local id = ARGV[own + 1]
local outcome = ARGV[own + 2]
local places_used = tonumber(ARGV[own + 3])
local frees_in_ms = tonumber(ARGV[own + 4])

local counted = redis.call('HGET', key.completed, id)
if counted then
  return reply('finished completed ' .. counted)
end

local over = redis.call('ZSCORE', key.spent, id)
local none_left = false
if outcome == 'completed' then
  none_left = room.places >= 0 and room.placesUsed + places_used > room.places
else
  places_used = 0
end
if outcome == 'completed' and not none_left then
  room.placesUsed = room.placesUsed + places_used
  redis.call('HSET', key.completed, id, whole(places_used))
  tally('completedTotal', 1)
end
local place, score, ticket = find_ticket(id)
local keeps_seat = place == 'sessions' and frees_in_ms > 0
if not over or (outcome == 'completed' and not none_left) then
  emit('ended', { id }, (none_left and 'gave-up' or outcome) .. ' ' .. whole(none_left and 0 or places_used))
end
if keeps_seat then
  ticket.left = 1
  write_ticket(id, ticket)
  redis.call('ZADD', key.sessions, whole(math.min(score, room.clockMs + frees_in_ms)), id)
elseif not over then
  if place then
    end_ticket(id, place)
  else
    remember_spent(id)
    tally('endedTotal', 1)
  end
  if place ~= 'sessions' then
    -- Whoever the store did not have inside was one of those assumed.
    room.assumed = math.max(room.assumed - 1, 0)
  end
end
if none_left then
  return reply('none-left')
end
return reply(string.format('finished %s %d', outcome, places_used))
