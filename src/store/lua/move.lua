#!lua flags=allow-oom
-- move: the device that shows a ticket's code takes it over: a sighting of the ticket by a token one generation later,
-- which is the only one that counts from now on. The first call id is noted; the same again gives the same answer.
-- one key more: the code's own (string, see _codes.lua)
-- own arguments: call id
-- answer: `state number order atMs extensions gen id` or a word; `unknown-code`, or `used`: by another call, or the
--   ticket moved by another code meanwhile

local refusal = begin()
if refusal then
  return refusal
end
local code = KEYS[14]
local call_id = ARGV[own + 1]

local noted = redis.call('GET', code)
local offer = noted and code_parts(noted)
if not offer or offer.ends <= room.wallMs then
  return reply('unknown-code')
end
if offer.used_by and offer.used_by ~= call_id then
  return reply('used')
end
local text = redis.call('HGET', key.tickets, offer.id)
local gen_before = text and unpack_ticket(text).gen or 0
if not offer.used_by and gen_before > offer.gen then
  return reply('used')
end

offer.gen = offer.gen + 1
local answer = see_token(offer.id, offer)
if not string.find(answer, ' ', 1, true) then
  return reply(answer)
end
if not offer.used_by then
  redis.call('SET', code, noted .. ' ' .. call_id, 'KEEPTTL')
end
if offer.gen > gen_before then
  emit('moved', { offer.id }, whole(offer.gen))
end
return reply(answer .. ' ' .. offer.id)
