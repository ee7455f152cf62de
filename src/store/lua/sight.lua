#!lua flags=allow-oom
-- sight: marks tickets present, and puts back where their tokens say those that the store has lost.
-- own arguments, five a ticket: id, number, order, gen, wall ms at which its token ends
-- answer: present until, ms; then one a ticket: `=` when it waits as its token says and is present until then,
--   `state number order atMs extensions gen`, or a word
-- work: at most 500 tickets (the caller's bound)

local refusal = begin()
if refusal then
  return refusal
end

local fields_each = 5
local ids = {}
for first = own + 1, #ARGV, fields_each do
  ids[#ids + 1] = ARGV[first]
end
local texts = redis.call('HMGET', key.tickets, unpack(ids))
local scores = redis.call('ZMSCORE', key.queue, unpack(ids))
local present_text = whole(present_until())

local records = {} -- id, record, …: written together
local read_again = {} -- ids of which texts and scores are no longer true

local function write_records()
  if #records > 0 then
    redis.call('HSET', key.tickets, unpack(records))
    records = {}
  end
end

-- Nearly everyone: waiting, as the token says. Nothing when it is not so.
local function see_waiting(index, first)
  local id = ids[index]
  local text = texts[index]
  if not text or scores[index] ~= ARGV[first + 2] or ARGV[first + 3] ~= '0' or read_again[id] then
    return nil
  end
  local digits = string.match(text, '^(%d+) %-?%d+$')
  if digits ~= ARGV[first + 1] then
    return nil
  end
  records[#records + 1] = id
  records[#records + 1] = digits .. ' ' .. present_text
  return '='
end

-- Anyone else, as if each had called alone: the same id may stand twice in one call.
local function see_apart(id, first)
  write_records()
  read_again[id] = true
  local token = {
    number = tonumber(ARGV[first + 1]),
    order = tonumber(ARGV[first + 2]),
    gen = tonumber(ARGV[first + 3]),
    ends = tonumber(ARGV[first + 4]),
  }
  return see_token(id, token)
end

local answers = {}
for index, id in ipairs(ids) do
  local first = own + 1 + (index - 1) * fields_each
  answers[index] = see_waiting(index, first) or see_apart(id, first)
end
write_records()
return reply(present_text .. ',' .. table.concat(answers, ','))
