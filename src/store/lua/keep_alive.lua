#!lua flags=allow-oom
-- keep_alive: sessions seen move their expiry. By a valid pass ('pass'), a person whom the store does not
-- have inside is inside all the same, even above capacity; by the origin's word ('origin') only an unknown
-- one, and only while some are assumed.
-- own arguments: proof, then two a session: id, number
-- answer, one a session: `kept expiryMs number` or `ended`
-- work: at most 500 sessions (the caller's bound)

local refusal = begin()
if refusal then
  return refusal
end
local proof = ARGV[own + 1]
local expiry = room.clockMs + room.sessionTtlMs

local function keep(id, number)
  if redis.call('ZSCORE', key.spent, id) then
    return 'ended'
  end
  local text = redis.call('HGET', key.tickets, id)
  local place, score
  local ticket = { number = number, at = 0, order = 0, extensions = 0, left = 0, gen = 0 }
  if text then
    ticket = unpack_ticket(text)
    place, score = place_of(id)
  end
  if place == 'sessions' then
    if ticket.left == 1 then
      return 'ended'
    end
    redis.call('ZADD', key.sessions, whole(expiry), id)
    return string.format('kept %d %d', expiry, ticket.number)
  end
  -- A pass does not tell its ticket's order: those from before the room was emptied are over within a session's time.
  if not place and room.purgedUs > 0 and room.wallMs - math.floor(room.purgedUs / 1000) < room.sessionTtlMs then
    return 'ended'
  end
  if proof ~= 'pass' and (place or room.assumed < 1) then
    return 'ended'
  end
  if place then
    redis.call('ZREM', key[place], id)
    if place ~= 'admitted' then
      ticket.order = score
    end
  end
  redis.call('ZADD', key.sessions, whole(expiry), id)
  write_ticket(id, ticket)
  room.assumed = math.max(room.assumed - 1, 0)
  tally('enteredTotal', 1)
  emit('entered', { id }, whole(expiry))
  return string.format('kept %d %d', expiry, ticket.number)
end

local answers = {}
for index = own + 2, #ARGV, 2 do
  answers[#answers + 1] = keep(ARGV[index], tonumber(ARGV[index + 1]))
end
return reply_each(answers)
