#!lua flags=allow-oom
-- alarm_report: what holds in one replica's eyes. Raises what is new, clears what no replica holds any more, and puts
-- a message for each change and channel into the outbox.
-- own arguments: replica id, seed of the series, version known, channels joined by commas; of an outage: its id ('':
--   none), raisedWallMs, the channels that were not told of it, subject, facts; then subject and facts in turn
-- answer: {series, outages, pending, dropped, clockMs, version, {replica, firstMs, lastMs, …}, alarms or ''}; each
--   `alarmId raisedWallMs clearedWallMs kind room facts`, clearedWallMs 0 while it is raised
-- work: 100 replicas of 200 subjects, 200 alarms, 400 messages

begin()
local replica_id = ARGV[own + 1]
local seed = ARGV[own + 2]
local known_version = ARGV[own + 3]
local channels = ARGV[own + 4]
local outage_id = ARGV[own + 5]
local outage_raised = ARGV[own + 6]
local outage_untold = ARGV[own + 7]
local outage_subject = ARGV[own + 8]
local outage_facts = ARGV[own + 9]
local first_held = own + 10

local lease_ms, forgotten_after_ms, give_up_after_ms = 30000, 600000, 86400000
local replicas_max, raised_max, cleared_max, outbox_max = 100, 200, 100, 400

local function pairs_of(hash)
  local flat = redis.call('HGETALL', hash)
  local found = {}
  for index = 1, #flat, 2 do
    found[flat[index]] = flat[index + 1]
  end
  return found
end

local raised = pairs_of(key.raised)
local raised_count = redis.call('HLEN', key.raised)

local function heard_of_replica()
  for id, text in pairs(pairs_of(key.replicas)) do
    if state.clockMs - tonumber(string.match(text, '%d+$')) > forgotten_after_ms then
      redis.call('HDEL', key.replicas, id)
    end
  end
  local known = redis.call('HGET', key.replicas, replica_id)
  if not known and redis.call('HLEN', key.replicas) >= replicas_max then
    return
  end
  local first = known and string.match(known, '^%d+') or whole(state.clockMs)
  redis.call('HSET', key.replicas, replica_id, first .. ' ' .. whole(state.clockMs))
  local lines = { whole(state.clockMs + lease_ms) }
  for index = first_held, #ARGV, 2 do
    lines[#lines + 1] = ARGV[index]
  end
  redis.call('HSET', key.votes, replica_id, table.concat(lines, '\n'))
end

-- Subjects that hold in some replica's eyes.
local function subjects_voted()
  local voted = {}
  for id, text in pairs(pairs_of(key.votes)) do
    local until_text, subjects = string.match(text, '^(%d+)\n?(.*)$')
    if tonumber(until_text) <= state.clockMs then
      redis.call('HDEL', key.votes, id)
    else
      for subject in string.gmatch(subjects, '[^\n]+') do
        voted[subject] = true
      end
    end
  end
  return voted
end

local function give_up_old_messages()
  local dropped = 0
  if redis.call('HLEN', key.outbox) == 0 then
    return dropped
  end
  for entry, text in pairs(pairs_of(key.outbox)) do
    if state.clockMs - tonumber(string.match(text, '^%S+ (%d+)')) >= give_up_after_ms then
      redis.call('HDEL', key.outbox, entry)
      dropped = dropped + 1
    end
  end
  return dropped
end

-- The oldest message of an alarm that is over goes, or the oldest.
local function make_space()
  local is_raised = {}
  for _, text in pairs(raised) do
    is_raised[string.match(text, '^%S+')] = true
  end
  local entries = entries_in_order()
  local chosen = entries[1]
  for _, entry in ipairs(entries) do
    local alarm_id = string.match(redis.call('HGET', key.outbox, entry), '^%S+ %d+ (%S+)')
    if not is_raised[alarm_id] then
      chosen = entry
      break
    end
  end
  redis.call('HDEL', key.outbox, chosen)
end

-- `alarm`: alarmId raisedWallMs clearedWallMs kind room facts
local function announce(change, alarm, to_channels)
  state.version = state.version + 1
  for channel in string.gmatch(to_channels, '[^,]+') do
    if redis.call('HLEN', key.outbox) >= outbox_max then
      make_space()
    end
    state.entries = state.entries + 1
    redis.call('HSET', key.outbox, string.format('%012d %s', state.entries, channel),
      string.format('%s %d %s', change, state.clockMs, alarm))
  end
end

-- Of a raised alarm: its id, when it was raised, its facts.
local function parts_of(text)
  return string.match(text, '^(%S+) (%d+) ?(.*)$')
end

local function clear(subject, alarm_id, raised_wall, facts)
  local alarm = string.format('%s %s %d %s %s', alarm_id, raised_wall, state.wallMs, subject, facts)
  redis.call('LPUSH', key.cleared, alarm)
  redis.call('LTRIM', key.cleared, 0, cleared_max - 1)
  announce('cleared', alarm, channels)
end

-- Another replica may have recorded it before.
local function record_outage()
  for _, alarm in ipairs(redis.call('LRANGE', key.cleared, 0, -1)) do
    if string.match(alarm, '^%S+') == outage_id then
      return
    end
  end
  state.outages = state.outages + 1
  announce('raised', string.format('%s %s 0 %s %s', outage_id, outage_raised, outage_subject, outage_facts),
    outage_untold)
  clear(outage_subject, outage_id, outage_raised, outage_facts)
end

if state.series == '' then
  state.series = seed
end
heard_of_replica()
local dropped = give_up_old_messages()
if outage_id ~= '' then
  record_outage()
end
local voted = subjects_voted()
for subject, text in pairs(raised) do
  if not voted[subject] then
    redis.call('HDEL', key.raised, subject)
    raised[subject] = nil
    raised_count = raised_count - 1
    clear(subject, parts_of(text))
  end
end
for index = first_held, #ARGV, 2 do
  local subject, facts = ARGV[index], ARGV[index + 1]
  if not raised[subject] and voted[subject] and raised_count < raised_max then
    state.alarms = state.alarms + 1
    local alarm_id = string.format('%s-%d', state.series, state.alarms)
    raised[subject] = string.format('%s %d %s', alarm_id, state.wallMs, facts)
    raised_count = raised_count + 1
    redis.call('HSET', key.raised, subject, raised[subject])
    announce('raised', string.format('%s %d 0 %s %s', alarm_id, state.wallMs, subject, facts), channels)
  end
end

local version = string.format('%s-%d', state.series, state.version)
local alarms = ''
if version ~= known_version then
  alarms = {}
  for subject, text in pairs(raised) do
    local alarm_id, raised_wall, facts = parts_of(text)
    alarms[#alarms + 1] = string.format('%s %s 0 %s %s', alarm_id, raised_wall, subject, facts)
  end
  for _, alarm in ipairs(redis.call('LRANGE', key.cleared, 0, -1)) do
    alarms[#alarms + 1] = alarm
  end
end
local replicas = {}
for id, text in pairs(pairs_of(key.replicas)) do
  replicas[#replicas + 1] = id
  replicas[#replicas + 1] = string.match(text, '^%d+')
  replicas[#replicas + 1] = string.match(text, '%d+$')
end
return finish({
  state.series, whole(state.outages), whole(redis.call('HLEN', key.outbox)), whole(dropped), whole(state.clockMs),
  version, replicas, alarms,
})
