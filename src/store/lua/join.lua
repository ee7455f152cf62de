#!lua
-- join: takes tickets for a batch of ids. A known id gets the same ticket, whatever its state.
-- own arguments: ticket ids
-- answer, one an id: {state, number, order, atMs, extensions, gen, position, releaseNumber} or {word}
-- work: at most 500 ids (the caller's bound), one release of at most as many

local refusal = begin()
if refusal then
  return refusal
end
local ids = arguments_from(own + 1)

local closed_to_new
if room.state == 'closed' or room.state == 'draining' then
  closed_to_new = 'closed'
elseif room.state == 'bypass' then
  closed_to_new = 'bypass'
elseif room.state == 'scheduled' and room.wallMs < room.joinFromMs then
  closed_to_new = 'not-open-yet'
elseif room.places >= 0 and room.placesUsed >= room.places then
  closed_to_new = 'no-places-left'
end

local texts = redis.call('HMGET', key.tickets, unpack(ids))
local spent = redis.call('ZMSCORE', key.spent, unpack(ids))
local waiting_before = redis.call('ZCARD', key.queue)
local live = redis.call('HLEN', key.tickets)
local present_until = room.clockMs + room.presentWithinMs

local made, made_count = {}, 0 -- id -> {number, order, rank}
local queue_add, ticket_add = {}, {}
for index, id in ipairs(ids) do
  if not spent[index] and not texts[index] and not made[id] and not closed_to_new and live < room.ticketsMax then
    live = live + 1
    made_count = made_count + 1
    room.lastNumber = room.lastNumber + 1
    room.lastOrder = math.max(room.wallUs, room.lastOrder + 1)
    made[id] = { number = room.lastNumber, order = room.lastOrder, rank = waiting_before + made_count }
    queue_add[#queue_add + 1] = whole(room.lastOrder)
    queue_add[#queue_add + 1] = id
    ticket_add[#ticket_add + 1] = id
    ticket_add[#ticket_add + 1] = whole(room.lastNumber) .. ' ' .. whole(present_until)
  end
end

local released = {}
local released_count = 0
if made_count > 0 then
  redis.call('ZADD', key.queue, unpack(queue_add))
  redis.call('HSET', key.tickets, unpack(ticket_add))
  -- Where nobody waited, a room with room to spare is invisible.
  if waiting_before == 0 then
    local taken = release(made_count)
    released_count = #taken
    for _, id in ipairs(taken) do
      released[id] = true
    end
  end
end

local answers = {}
for index, id in ipairs(ids) do
  local new = made[id]
  if spent[index] then
    answers[index] = { 'gone' }
  elseif new and released[id] then
    answers[index] = {
      'admitted', whole(new.number), whole(new.order), whole(room.clockMs + room.enterWithinMs), '0', '0', '',
      whole(room.releaseNumber),
    }
  elseif new then
    answers[index] = {
      'waiting', whole(new.number), whole(new.order), whole(present_until), '0', '0',
      whole(new.rank - released_count), '',
    }
  elseif texts[index] then
    local place, score = place_of(id)
    answers[index] = ticket_answer(place, score, unpack_ticket(texts[index]))
  else
    answers[index] = { closed_to_new or 'full' }
  end
end
return reply(answers)
