#!lua
-- create: makes a room that is not there. It remembers no run_id, so it holds settleMs, and its bucket is
-- empty. A tombstone gives way to a later run only.
-- own arguments: startedUs, version, then the settings (see _settings.lua)
-- answer: {'created'}, {'exists'} or {'deleted'}

local started_us = tonumber(ARGV[own + 1])
local version = tonumber(ARGV[own + 2])
local settings_from = own + 3

if load_room() then
  save_room() -- a repeat must be confirmed as the first call was
  if room.state ~= 'deleted' then
    return { 'exists' }
  end
  if started_us <= room.startedUs then
    return { 'deleted' }
  end
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
return { 'created' }
