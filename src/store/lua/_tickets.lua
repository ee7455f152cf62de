-- Shared by the scripts that touch single tickets: the record's text form, where a ticket is, and its end.

local function pack_ticket(ticket)
  local base = whole(ticket.number) .. ' ' .. whole(ticket.at)
  if ticket.order == 0 and ticket.extensions == 0 and ticket.left == 0 and ticket.gen == 0 then
    return base
  end
  return base .. ' ' .. whole(ticket.order) .. ' ' .. whole(ticket.extensions) .. ' '
    .. whole(ticket.left) .. ' ' .. whole(ticket.gen)
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

-- {state, number, order, atMs, extensions, gen} as the port's TicketAnswer has them.
local function ticket_answer(place, score, ticket)
  if place == 'sessions' and ticket.left == 1 then
    return { 'ended' }
  end
  local timed = place == 'admitted' or place == 'sessions'
  return {
    state_words[place], whole(ticket.number), whole(timed and ticket.order or score),
    whole(timed and score or ticket.at), whole(ticket.extensions), whole(ticket.gen),
  }
end

-- Finds a live ticket for its holder: place, score, ticket; or nothing and an answer to give.
local function find_ticket(id, gen)
  local text = redis.call('HGET', key.tickets, id)
  if not text then
    if redis.call('ZSCORE', key.spent, id) then
      return nil, nil, nil, { 'ended' }
    end
    return nil, nil, nil, { 'unknown' }
  end
  local ticket = unpack_ticket(text)
  if gen and gen < ticket.gen then
    return nil, nil, nil, { 'moved' }
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

-- Takes a ticket out of its set and remembers that it is over. Counts what the pace is worked out from.
local function end_ticket(id, place)
  redis.call('ZREM', key[place], id)
  redis.call('HDEL', key.tickets, id)
  remember_spent(id)
  if place == 'admitted' or place == 'sessions' then
    room.freedTotal = room.freedTotal + 1
  end
end
