#!lua flags=allow-oom
-- enter: an admitted ticket becomes a session; a session gives the same answer again.
-- own arguments: id, gen
-- answer: `state number order atMs extensions gen` or a word

local refusal = begin()
if refusal then
  return refusal
end
local id = ARGV[own + 1]
local gen = tonumber(ARGV[own + 2])

local place, score, ticket, other = find_ticket(id, gen)
if not place then
  return reply(other)
end
if place == 'admitted' then
  score = room.clockMs + room.sessionTtlMs
  redis.call('ZREM', key.admitted, id)
  redis.call('ZADD', key.sessions, whole(score), id)
  write_ticket(id, ticket)
  place = 'sessions'
  tally('enteredTotal', 1)
  emit('entered', { id }, whole(score))
end
return reply(ticket_answer(place, score, ticket))
