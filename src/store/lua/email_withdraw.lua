#!lua flags=allow-oom
-- email_withdraw: deletes a ticket's request. Whoever had claimed it may not begin it any more; one that was begun
-- stays marked as sent, since nobody will know what became of it.
-- own arguments: id, gen
-- answer: 'withdrawn', 'sent-before' or 'moved'

local id = ARGV[own + 1]
local gen = tonumber(ARGV[own + 2])

if is_moved(id, gen) then
  return 'moved'
end
local record = read_record(id)
if record and is_begun(record) then
  keep_mark(id)
elseif record then
  drop(id)
end
return redis.call('ZSCORE', email.claimed, id) and 'sent-before' or 'withdrawn'
