#!lua
-- ticket_history: which of a stretch of events, newest first, are of one ticket. Reads, and changes nothing.
-- own arguments: id, event number to begin below (0: the newest), events to look at
-- answer: {served, event number to go on below (0: that was all), {number, type, room-clock ms, note} each}
-- work: as many events as asked for (the caller's bound)

if not load_room() or room.state == 'deleted' then
  return { 'no-room' }
end
local id = ARGV[own + 1]
local below = tonumber(ARGV[own + 2])
local limit = tonumber(ARGV[own + 3])

local from = below > 0 and '(' .. whole(below) .. '-0' or '+'
local entries = redis.call('XREVRANGE', key.events, from, '-', 'COUNT', limit)
local found = {}
local number
for _, entry in ipairs(entries) do
  local values = {}
  for index = 1, #entry[2], 2 do
    values[entry[2][index]] = entry[2][index + 1]
  end
  number = string.match(entry[1], '^%d+')
  if string.find(values.ids, id, 1, true) then
    found[#found + 1] = { number, values.type, values.at, values.note }
  end
end
return { 'served', #entries < limit and '0' or number, found }
