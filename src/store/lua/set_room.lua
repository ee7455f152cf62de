#!lua flags=allow-oom
-- set_room: state, policy and notice, when the version is one more than the stored one, with the record that says who
-- changed them. Also when memory is full: that is when an operator has to pause a room.
-- keys: stream and head of the room's audit, behind the room's own
-- own arguments: change id, version, the record (see _audit.lua), then the settings (see _settings.lua)
-- answer: 'changed' (also for a repeat of the same change id), 'conflict', or 'audit-moved': the record does not follow
--   the newest one; nothing was changed

local refusal = begin()
if refusal then
  return refusal
end
local change_id = ARGV[own + 1]
local version = tonumber(ARGV[own + 2])
local record = audit_record(own + 3)
local settings_from = own + 3 + audit_argument_count

if redis.call('HGET', key.room, 'changeId') == change_id then
  return reply('changed')
end
if version ~= room.version + 1 then
  return reply('conflict')
end
if audit_moved(record) then
  return reply('audit-moved')
end
room.version = version
read_settings(settings_from)
write_texts(settings_from)
redis.call('HSET', key.room, 'changeId', change_id)
emit('room', {}, whole(version))
append_audit(record)
keep_audit()
return reply('changed')
