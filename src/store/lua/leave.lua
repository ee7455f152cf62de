#!lua flags=allow-oom
-- leave: by the visitor. A session is refused at gates from now on and no longer renewed, but keeps its seat
-- until its pass has run out, so that pressing "leave" and staying inside gains nobody a seat.
-- own arguments: id, gen
-- answer: `ended` or a word

local refusal = begin()
if refusal then
  return refusal
end
local id = ARGV[own + 1]
local gen = tonumber(ARGV[own + 2])

local place, _, ticket, other = find_ticket(id, gen)
if not place then
  return reply(other)
end
if place ~= 'sessions' then
  end_ticket(id, place)
  emit('ended', { id }, 'left 0')
elseif ticket.left == 0 then
  ticket.left = 1
  write_ticket(id, ticket)
  emit('ended', { id }, 'left 0')
end
return reply('ended')
