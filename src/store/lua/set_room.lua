#!lua
-- set_room: state, policy and notice, when the version is one more than the stored one.
-- own arguments: change id, version, then the settings (see _settings.lua)
-- answer: 'changed' (also for a repeat of the same change id) or 'conflict'

local refusal = begin()
if refusal then
  return refusal
end
local change_id = ARGV[own + 1]
local version = tonumber(ARGV[own + 2])
local settings_from = own + 3

if redis.call('HGET', key.room, 'changeId') == change_id then
  return reply('changed')
end
if version ~= room.version + 1 then
  return reply('conflict')
end
room.version = version
read_settings(settings_from)
write_texts(settings_from)
redis.call('HSET', key.room, 'changeId', change_id)
emit('room', {}, whole(version))
return reply('changed')
