#!lua
-- ticket_find: how one ticket stands, for an operator. Reads, and changes nothing: no clock moves, nobody is sighted.
-- one key more: a resume code's own, where it is looked for by one (string, see _codes.lua)
-- own arguments: by (code | id | number), and the id or the number
-- answer: {served, `clockMs wallMs startedUs purgedUs`, code, state, details}
--   code: `id number order gen ends used (0|1)`, or '' where no code was asked for; `unknown-code` instead of it all
--   state: a live state with `id number order atMs extensions gen left rank`; `ended` with `id until places`, places -1
--   where none are remembered; `unknown` with the id, or '' where no live ticket has the number
-- work: by a number, 60 steps through three sorted sets and at most 2,000 tickets of the two that are not sorted by it

if not load_room() or room.state == 'deleted' then
  return { 'no-room' }
end
local code = KEYS[14]
local by = ARGV[own + 1]
local named = ARGV[own + 2]

local scan_max = 2000
local chunk_max = 500

local function number_of(id)
  local text = redis.call('HGET', key.tickets, id)
  return text and tonumber(string.match(text, '^%d+'))
end

-- Numbers rise with orders, but for what was put back after a loss.
local function search(place, wanted)
  local low, high = 0, redis.call('ZCARD', key[place]) - 1
  while low <= high do
    local middle = math.floor((low + high) / 2)
    local id = redis.call('ZRANGE', key[place], middle, middle)[1]
    local number = number_of(id)
    if number == wanted then
      return id
    end
    if number < wanted then
      low = middle + 1
    else
      high = middle - 1
    end
  end
end

-- Those inside and those whose turn it is are as many as a room's capacity.
local function scan(place, wanted)
  for first = 0, scan_max / 2 - 1, chunk_max do
    local ids = redis.call('ZRANGE', key[place], first, first + chunk_max - 1)
    if #ids == 0 then
      return nil
    end
    for index, text in ipairs(redis.call('HMGET', key.tickets, unpack(ids))) do
      if text and tonumber(string.match(text, '^%d+')) == wanted then
        return ids[index]
      end
    end
  end
end

local function with_number(wanted)
  return search('queue', wanted) or search('parked', wanted) or search('lapsed', wanted)
    or scan('admitted', wanted) or scan('sessions', wanted)
end

local function standing_of(id)
  local text = redis.call('HGET', key.tickets, id)
  if text then
    local ticket = unpack_ticket(text)
    local place, score = place_of(id)
    local timed = place == 'admitted' or place == 'sessions'
    local order, at = timed and ticket.order or score, timed and score or ticket.at
    local rank = redis.call('ZCOUNT', key.queue, '-inf', '(' .. whole(order)) + 1
    return state_words[place], string.format('%s %d %d %d %d %d %d %d', id, ticket.number, order, at,
      ticket.extensions, ticket.gen, ticket.left, rank)
  end
  local until_ms = redis.call('ZSCORE', key.spent, id)
  if until_ms then
    local places = redis.call('HGET', key.completed, id) or '-1'
    return 'ended', string.format('%s %d %d', id, until_ms, places)
  end
  return 'unknown', id
end

local code_text = ''
local id = named
if by == 'code' then
  local noted = redis.call('GET', code)
  local offer = noted and code_parts(noted)
  if not offer or offer.ends <= math.floor(room.wallUs / 1000) then
    return { 'unknown-code' }
  end
  id = offer.id
  code_text = string.format('%s %d %d %d %d %d', id, offer.number, offer.order, offer.gen, offer.ends,
    offer.used_by and 1 or 0)
elseif by == 'number' then
  id = with_number(tonumber(named)) or ''
end
local clocks = string.format('%d %d %d %d', math.floor(room.clockUs / 1000), math.floor(room.wallUs / 1000),
  room.startedUs, room.purgedUs)
if id == '' then
  return { 'served', clocks, code_text, 'unknown', '' }
end
local state, details = standing_of(id)
return { 'served', clocks, code_text, state, details }
