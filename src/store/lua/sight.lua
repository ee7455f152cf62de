#!lua flags=allow-oom
-- sight: marks tickets present, and puts back where their tokens say those that the store has lost.
-- own arguments, five a ticket: id, number, order, gen, wall ms at which its token ends
-- answer, one a ticket: {state, number, order, atMs, extensions, gen} or {word}
-- work: at most 500 tickets (the caller's bound)

local refusal = begin()
if refusal then
  return refusal
end

local ids, sighted = {}, {}
for index = own + 1, #ARGV, 5 do
  ids[#ids + 1] = ARGV[index]
  sighted[#sighted + 1] = {
    number = tonumber(ARGV[index + 1]),
    order = tonumber(ARGV[index + 2]),
    gen = tonumber(ARGV[index + 3]),
    ends = tonumber(ARGV[index + 4]),
  }
end
local texts = redis.call('HMGET', key.tickets, unpack(ids))
local present_until = room.clockMs + room.presentWithinMs

local function come_back(id, token)
  if redis.call('ZSCORE', key.spent, id) then
    return { 'ended' }
  end
  if token.order < room.startedUs or token.ends <= room.wallMs then
    return { 'gone' }
  end
  local ticket = { number = token.number, at = present_until, order = 0, extensions = 0, left = 0, gen = token.gen }
  local place = 'queue'
  if token.order <= room.frontier then
    -- It may have had its turn: only its holder brings it back.
    place = 'lapsed'
    ticket.at = room.clockMs
  end
  redis.call('ZADD', key[place], whole(token.order), id)
  write_ticket(id, ticket)
  room.lastOrder = math.max(room.lastOrder, token.order)
  room.lastNumber = math.max(room.lastNumber, token.number)
  return ticket_answer(place, token.order, ticket)
end

local function see(id, token, ticket)
  if token.gen < ticket.gen then
    return { 'moved' }
  end
  local moved_here = token.gen > ticket.gen
  ticket.gen = token.gen
  local place, score = place_of(id)
  if place == 'queue' or place == 'parked' then
    local order = math.min(score, token.order)
    if place == 'parked' then
      redis.call('ZREM', key.parked, id)
    end
    if place == 'parked' or order < score then
      redis.call('ZADD', key.queue, whole(order), id)
    end
    ticket.at = present_until
    write_ticket(id, ticket)
    return ticket_answer('queue', order, ticket)
  end
  if moved_here then
    write_ticket(id, ticket)
  end
  return ticket_answer(place, score, ticket)
end

local answers = {}
for index, id in ipairs(ids) do
  local text = texts[index]
  if not text then
    -- Twice in one call: the first has put it back.
    text = redis.call('HGET', key.tickets, id)
  end
  if text then
    answers[index] = see(id, sighted[index], unpack_ticket(text))
  else
    answers[index] = come_back(id, sighted[index])
  end
end
return reply(answers)
