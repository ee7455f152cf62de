#!lua flags=allow-oom
-- remove: deletes a room. A tombstone stays until the last token of it has ended.
-- answer: 'removed'

local refusal = begin()
if refusal then
  return refusal
end
unlink_tickets()
redis.call('UNLINK', key.spent, key.completed, key.dead_letters)
room.state = 'deleted'
local answer = reply('removed')
redis.call('PEXPIRE', key.room, spent_ttl_ms)
return answer
