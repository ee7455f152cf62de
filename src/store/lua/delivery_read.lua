#!lua flags=allow-oom
-- delivery_read: how the delivery stands, and some dead letters, oldest first.
-- own arguments: id of the dead letter to go on after ('-': from the oldest), how many at most
-- answer: {`pending oldestAgeMs deadLetters`, tries, ms until the next try, name of the address, off (0|1),
--   last error as `wallMs what` or '', dead letters}; each {id, message, release, released, deadline, tickets, buried,
--   why, error}
-- work: the caller's bound of dead letters read

local refusal = begin()
if refusal then
  return refusal
end
local after = ARGV[own + 1]
local limit = tonumber(ARGV[own + 2])

local letters = {}
local from = after == '-' and '-' or '(' .. after
local found = limit > 0 and redis.call('XRANGE', key.dead_letters, from, '+', 'COUNT', limit) or {}
for index, entry in ipairs(found) do
  local fields = entry[2]
  local _, commas = string.gsub(field_of(fields, 'ids'), ',', '')
  letters[index] = {
    entry[1], field_of(fields, 'message'), field_of(fields, 'release'), field_of(fields, 'released'),
    field_of(fields, 'deadline'), whole(commas + 1), field_of(fields, 'buried'), field_of(fields, 'why'),
    field_of(fields, 'error'),
  }
end
local delivery = load_delivery()
return reply({
  delivery_counts(), whole(delivery.tries), whole(math.max(0, delivery.again_at_ms - room.clockMs)),
  delivery.address, delivery.is_off and '1' or '0', last_error(), letters,
})
