#!lua flags=allow-oom
-- email_settle: its holder says how it went.
-- own arguments: id, claim id, outcome (sent, refused, later, unsent), ms until it may be claimed again, tries a
--   request has
-- answer: 'settled', 'given-up' or 'gone'

local id = ARGV[own + 1]
local claim_id = ARGV[own + 2]
local outcome = ARGV[own + 3]
local again_in_ms = tonumber(ARGV[own + 4])
local tries_max = tonumber(ARGV[own + 5])

local record = read_record(id)
if not record or (record.holder ~= claim_id and record.holder ~= begun .. claim_id) then
  return 'gone'
end
if outcome == 'sent' then
  keep_mark(id)
  return 'settled'
end
if outcome == 'refused' then
  drop(id)
  return 'settled'
end
if outcome == 'unsent' then
  record.tries = record.tries - 1
elseif record.tries >= tries_max then
  drop(id)
  return 'given-up'
end
record.holder = nobody
write_record(id, record)
redis.call('ZADD', email.again, whole(now_ms + again_in_ms), id)
return 'settled'
