-- Shared by the scripts that meet a queue token: its ticket is present, and put back where the token says when the
-- store has lost it. A token is {number, order, gen, ends}; ends: wall ms.

local function present_until()
  return room.clockMs + room.presentWithinMs
end

local function come_back(id, token)
  if redis.call('ZSCORE', key.spent, id) then
    return 'ended'
  end
  if is_forgotten(token.order) or token.ends <= room.wallMs then
    return 'gone'
  end
  local ticket = { number = token.number, at = present_until(), order = 0, extensions = 0, left = 0, gen = token.gen }
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
    return 'moved'
  end
  if ticket.left == 1 then
    return 'ended'
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
    ticket.at = present_until()
    write_ticket(id, ticket)
    return ticket_answer('queue', order, ticket)
  end
  if moved_here then
    if place == 'sessions' and ticket.order == 0 then
      ticket.order = token.order -- the pass that brought it back after a loss does not tell it
    end
    write_ticket(id, ticket)
  end
  return ticket_answer(place, score, ticket)
end

-- Answers as ticket_answer does, or with a word.
local function see_token(id, token)
  local text = redis.call('HGET', key.tickets, id)
  if not text then
    return come_back(id, token)
  end
  -- A key used again in a later run of the room, or after it was emptied, makes a ticket of the same id. An order of 0
  -- is not known.
  if token.order > 0 and is_forgotten(token.order) then
    return 'gone'
  end
  return see(id, token, unpack_ticket(text))
end
