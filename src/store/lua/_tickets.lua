-- Shared by the scripts that touch single tickets: the record's text form, where a ticket is, and its end.

local function pack_ticket(ticket)
  if ticket.order == 0 and ticket.extensions == 0 and ticket.left == 0 and ticket.gen == 0 then
    return string.format('%d %d', ticket.number, ticket.at)
  end
  return string.format('%d %d %d %d %d %d', ticket.number, ticket.at, ticket.order, ticket.extensions, ticket.left,
    ticket.gen)
end

local function unpack_ticket(text)
  local number, at, order, extensions, left, gen =
    string.match(text, '^(%d+) (%-?%d+) ?(%d*) ?(%d*) ?(%d*) ?(%d*)$')
  return {
    number = tonumber(number),
    at = tonumber(at), -- present until, or when it lapsed; room-clock ms
    order = tonumber(order) or 0, -- kept once admitted, so that it can lapse back
    extensions = tonumber(extensions) or 0,
    left = tonumber(left) or 0, -- 1: its visitor left, the session keeps the seat until its pass has run out
    gen = tonumber(gen) or 0,
  }
end

-- A record's present until alone, for scripts that go through many.
local function present_until_of(text)
  return tonumber(string.match(text, '^%d+ (%-?%d+)'))
end

-- The record of a waiting ticket once it is admitted, from one of its order.
local function admitted_record(text, order_text)
  local digits, at, gen = string.match(text, '^(%d+) (%-?%d+) ?%d* ?%d* ?%d* ?(%d*)$')
  return digits .. ' ' .. at .. ' ' .. order_text .. ' 0 0 ' .. (gen == '' and '0' or gen)
end

local function write_ticket(id, ticket)
  redis.call('HSET', key.tickets, id, pack_ticket(ticket))
end

-- Which set a ticket with a record is in, and its score there.
local function place_of(id)
  for _, state in ipairs({ 'queue', 'admitted', 'sessions', 'parked', 'lapsed' }) do
    local score = redis.call('ZSCORE', key[state], id)
    if score then
      return state, tonumber(score)
    end
  end
end

local state_words = {
  queue = 'waiting',
  parked = 'parked',
  lapsed = 'lapsed',
  admitted = 'admitted',
  sessions = 'entered',
}

-- `state number order atMs extensions gen`, or a word, as the port's TicketAnswer has them.
local function ticket_answer(place, score, ticket)
  if place == 'sessions' and ticket.left == 1 then
    return 'ended'
  end
  local timed = place == 'admitted' or place == 'sessions'
  return string.format('%s %d %d %d %d %d', state_words[place], ticket.number, timed and ticket.order or score,
    timed and score or ticket.at, ticket.extensions, ticket.gen)
end

-- Finds a live ticket for its holder: place, score, ticket; or nothing and an answer to give.
local function find_ticket(id, gen)
  local text = redis.call('HGET', key.tickets, id)
  if not text then
    if redis.call('ZSCORE', key.spent, id) then
      return nil, nil, nil, 'ended'
    end
    return nil, nil, nil, 'unknown'
  end
  local ticket = unpack_ticket(text)
  if gen and gen < ticket.gen then
    return nil, nil, nil, 'moved'
  end
  if gen and gen > ticket.gen then
    ticket.gen = gen
  end
  local place, score = place_of(id)
  return place, score, ticket
end

local function remember_spent(id)
  redis.call('ZADD', key.spent, whole(room.wallMs + spent_ttl_ms), id)
end

-- Takes tickets out of their set and remembers that they are over. Counts them, and what the pace is worked out from.
local function end_tickets(ids, place)
  local until_ms = whole(room.wallMs + spent_ttl_ms)
  local remembered = {}
  for _, id in ipairs(ids) do
    remembered[#remembered + 1] = until_ms
    remembered[#remembered + 1] = id
  end
  redis.call('ZREM', key[place], unpack(ids))
  redis.call('HDEL', key.tickets, unpack(ids))
  redis.call('ZADD', key.spent, unpack(remembered))
  tally('endedTotal', #ids)
  if place == 'admitted' or place == 'sessions' then
    room.freedTotal = room.freedTotal + #ids
  end
end

local function end_ticket(id, place)
  end_tickets({ id }, place)
end
