#!lua
-- offer_move: notes the code by which another device may take a ticket over, until the ticket's token ends. Again: the
-- same, but a code that was used stays used.
-- one key more: the code's own (string: `id number order gen ends [call id]`; the call that used it)
-- own arguments: id, number, order, gen, wall ms at which its token ends
-- answer: `state number order atMs extensions gen` or a word; only a live ticket gets a code. `taken`: it is another's

local refusal = begin()
if refusal then
  return refusal
end
local code = KEYS[14]
local id = ARGV[own + 1]
local gen = tonumber(ARGV[own + 4])
local ends = tonumber(ARGV[own + 5])

if ends <= room.wallMs then
  return reply('gone')
end
local place, score, ticket, other = find_ticket(id, gen)
if not place then
  return reply(other)
end
local answer = ticket_answer(place, score, ticket)
local text = redis.call('GET', code)
local noted = text and code_parts(text)
if noted and noted.id ~= id and noted.ends > room.wallMs then
  return reply('taken')
end
local is_used = noted and noted.id == id and noted.used_by
if answer ~= 'ended' and not is_used then
  redis.call('SET', code, table.concat(ARGV, ' ', own + 1, own + 5), 'PX', whole(ends - room.wallMs))
end
return reply(answer)
