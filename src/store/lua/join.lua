#!lua
-- join: takes tickets for a batch of ids. A known id gets the same ticket, whatever its state; but not once it moved:
-- whoever moved it had the reply, so this is no repeat of theirs.
-- own arguments: ticket ids
-- answer, one an id: `state number order atMs extensions gen position releaseNumber` or a word; the last two are 0
--   unless this call made the ticket and it waits, or was admitted at once
-- work: at most 500 ids (the caller's bound), one release of at most as many

local refusal = begin()
if refusal then
  return refusal
end
local first_id = own + 1

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

local texts = redis.call('HMGET', key.tickets, unpack(ARGV, first_id))
local spent = redis.call('ZMSCORE', key.spent, unpack(ARGV, first_id))
local waiting_before = redis.call('ZCARD', key.queue)
local live = redis.call('HLEN', key.tickets)
local present_until = whole(room.clockMs + room.presentWithinMs)

local made, made_count = {}, 0 -- id -> its index below
local digits, orders = {}, {} -- number and order of each ticket made, as texts
local queue_add, ticket_add = {}, {}
for index = 1, #texts do
  local id = ARGV[own + index]
  if not spent[index] and not texts[index] and not made[id] and not closed_to_new and live < room.ticketsMax then
    live = live + 1
    made_count = made_count + 1
    made[id] = made_count
    room.lastNumber = room.lastNumber + 1
    room.lastOrder = math.max(room.wallUs, room.lastOrder + 1)
    digits[made_count] = whole(room.lastNumber)
    orders[made_count] = whole(room.lastOrder)
    queue_add[#queue_add + 1] = orders[made_count]
    queue_add[#queue_add + 1] = id
    ticket_add[#ticket_add + 1] = id
    ticket_add[#ticket_add + 1] = digits[made_count] .. ' ' .. present_until
  end
end

-- joinedTotal alone, the first of the tallies, which nothing else here parses: all of them take nine times as long.
local function tally_joined(by)
  local ends = string.find(tallies, ' ', 1, true)
  tallies = whole(tonumber(string.sub(tallies, 1, ends - 1)) + by) .. string.sub(tallies, ends)
end

local released = {}
local released_count = 0
if made_count > 0 then
  tally_joined(made_count)
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

local deadline = whole(room.clockMs + room.enterWithinMs)
local answers = {}
for index = 1, #texts do
  local id = ARGV[own + index]
  local new = made[id]
  if spent[index] then
    answers[index] = 'gone'
  elseif new and released[id] then
    answers[index] = string.format('admitted %s %s %s 0 0 0 %d', digits[new], orders[new], deadline, room.releaseNumber)
  elseif new then
    answers[index] = string.format('waiting %s %s %s 0 0 %d 0', digits[new], orders[new], present_until,
      waiting_before + new - released_count)
  elseif texts[index] then
    local place, score = place_of(id)
    local ticket = unpack_ticket(texts[index])
    answers[index] = ticket.gen > 0 and 'moved' or ticket_answer(place, score, ticket) .. ' 0 0'
  else
    answers[index] = closed_to_new or 'full'
  end
end
return reply_each(answers)
