#!lua flags=allow-oom
-- remove: deletes a room. A tombstone stays until the last token of it has ended.
-- keys: stream and head of the room's audit, behind the room's own
-- own arguments: the record (see _audit.lua)
-- answer: 'removed', or 'audit-moved': nothing was removed

local refusal = begin()
if refusal then
  return refusal
end
local record = audit_record(own + 1)
if audit_moved(record) then
  return reply('audit-moved')
end
unlink_tickets()
redis.call('UNLINK', key.spent, key.completed, key.dead_letters)
room.state = 'deleted'
append_audit(record)
redis.call('PEXPIRE', audit.stream, audit_ttl_ms)
redis.call('PEXPIRE', audit.head, audit_ttl_ms)
local answer = reply('removed')
redis.call('PEXPIRE', key.room, spent_ttl_ms)
return answer
