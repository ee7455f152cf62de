#!lua flags=allow-oom
-- return: a lapsed ticket goes back to its order in the queue, present, because its holder asked.
-- own arguments: id, gen
-- answer: `state number order atMs extensions gen` or a word; `too-late` after returnWithinMs

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
if place == 'lapsed' then
  if room.state == 'closed' or room.clockMs > ticket.at + room.returnWithinMs then
    return reply('too-late')
  end
  ticket.at = room.clockMs + room.presentWithinMs
  ticket.order = 0
  ticket.extensions = 0
  redis.call('ZREM', key.lapsed, id)
  redis.call('ZADD', key.queue, whole(score), id)
  write_ticket(id, ticket)
  place = 'queue'
  tally('returnedTotal', 1)
end
return reply(ticket_answer(place, score, ticket))
