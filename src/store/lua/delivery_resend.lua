#!lua
-- delivery_resend: dead letters become batches again, the newest of the outbox, under the same message ids. An address
-- that wanted no more is tried again, at once.
-- own arguments: how many at most, id of the last dead letter that may be taken ('+': any), then ids of dead letters
--   (none: the oldest)
-- answer: `resent deadLetters isFull`
-- work: the caller's bound

local refusal = begin()
if refusal then
  return refusal
end
local limit = tonumber(ARGV[own + 1])
local last_id = ARGV[own + 2]

local kept_fields = { 'message', 'at', 'release', 'released', 'deadline', 'counts', 'ids', 'numbers' }
local resent = 0
local space = outbox_max - redis.call('XLEN', key.outbox)

local function resend(letter)
  local fields = {}
  for _, name in ipairs(kept_fields) do
    fields[#fields + 1] = name
    fields[#fields + 1] = name == 'at' and whole(room.clockMs) or field_of(letter[2], name)
  end
  redis.call('XADD', key.outbox, whole(room.eventNumber) .. '-*', unpack(fields))
  redis.call('XDEL', key.dead_letters, letter[1])
  resent = resent + 1
end

if #ARGV == own + 2 then
  -- Redis answers a count of 0 with no table.
  local count = math.min(limit, space)
  local found = count > 0 and redis.call('XRANGE', key.dead_letters, '-', last_id, 'COUNT', count) or {}
  for _, letter in ipairs(found) do
    resend(letter)
  end
else
  for index = own + 3, math.min(#ARGV, own + 2 + limit) do
    local letter = redis.call('XRANGE', key.dead_letters, ARGV[index], ARGV[index])[1]
    if letter and resent < space then
      resend(letter)
    end
  end
end
local delivery = load_delivery()
delivery.is_off, delivery.again_at_ms = false, 0
save_delivery(delivery)
return reply(string.format('%d %d %d', resent, redis.call('XLEN', key.dead_letters), resent >= space and 1 or 0))
