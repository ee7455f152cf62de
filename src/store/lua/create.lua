#!lua
-- create: makes a room that is not there. It remembers no run_id, so it holds settleMs, and its bucket is
-- empty. A tombstone gives way to a later run only.
-- keys: stream and head of the room's audit, behind the room's own
-- own arguments: startedUs, version, the record (see _audit.lua), then the settings (see _settings.lua)
-- answer: {'created'}, {'exists'}, {'deleted'}, or {'audit-moved'}: nothing was made

local started_us = tonumber(ARGV[own + 1])
local version = tonumber(ARGV[own + 2])
local record = audit_record(own + 3)
local settings_from = own + 3 + audit_argument_count

if load_room() then
  save_room() -- a repeat must be confirmed as the first call was
  if room.state ~= 'deleted' then
    return { 'exists' }
  end
  if started_us <= room.startedUs then
    return { 'deleted' }
  end
end
if audit_moved(record) then
  return { 'audit-moved' }
end
if room.state == 'deleted' then
  redis.call('UNLINK', key.room, key.spent, key.completed, key.dead_letters)
  unlink_tickets()
  load_room()
end
room.startedUs = started_us
-- No ticket of this run is older than the run, whatever the clocks of its maker and of the store say.
room.lastOrder = started_us
room.version = version
room.wallUs = caller.nowUs or server_time_us()
set_clock(0)
room.epochNumber = 1
room.epochId = new_epoch_id(room.wallUs)
read_settings(settings_from)
write_texts(settings_from)
advance()
save_room()
append_audit(record)
keep_audit()
return { 'created' }
