#!lua flags=allow-oom
-- extend: the k-th extension of the time to enter; the same k again gives the same answer.
-- own arguments: id, gen, k (1-10)
-- answer: `state number order atMs extensions gen` or a word; `refused` when k is not the next one

local refusal = begin()
if refusal then
  return refusal
end
local id = ARGV[own + 1]
local gen = tonumber(ARGV[own + 2])
local extension = tonumber(ARGV[own + 3])
local extensions_max = 10

local place, score, ticket, other = find_ticket(id, gen)
if not place then
  return reply(other)
end
if place == 'admitted' and extension > ticket.extensions then
  if extension ~= ticket.extensions + 1 or extension > extensions_max then
    return reply('refused')
  end
  score = score + room.enterWithinMs
  ticket.extensions = extension
  redis.call('ZADD', key.admitted, whole(score), id)
  write_ticket(id, ticket)
end
return reply(ticket_answer(place, score, ticket))
