-- Shared by the scripts of alarms: the names of their keys, their clock, and what each begins and ends with. They touch
-- no room. ARGV[1] is the store's wall clock, us; '' outside tests: the server's own.

local key = {
  state = KEYS[1], -- hash: series, and numbers
  replicas = KEYS[2], -- hash: replica -> `firstMs lastMs`, by the alarms' clock
  votes = KEYS[3], -- hash: replica -> `untilMs`, then a line for each subject that holds in its eyes
  raised = KEYS[4], -- hash: subject -> `alarmId raisedWallMs facts`
  cleared = KEYS[5], -- list, newest first: `alarmId raisedWallMs clearedWallMs kind room facts`
  outbox = KEYS[6], -- hash: `twelve-digits channel` -> `change atMs alarmId raisedWallMs clearedWallMs kind room facts`
  channels = KEYS[7], -- hash: channel -> `untilMs tries againAtMs holder entry`
}
local own = 1 -- a script's own arguments follow

local step_max_ms = 20000
local number_names = { 'clockMs', 'wallMs', 'version', 'alarms', 'outages', 'entries' }
local state = {}

local function whole(number)
  return string.format('%d', number)
end

local function wall_clock_ms()
  local given = tonumber(ARGV[1])
  if given then
    return math.floor(given / 1000)
  end
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Moves the alarms' clock by the wall time since the last call, never back and never more than step_max_ms.
local function begin()
  local values = redis.call('HMGET', key.state, 'series', 'numbers')
  state.series = values[1] or ''
  local numbers = {}
  for text in string.gmatch(values[2] or '', '%d+') do
    numbers[#numbers + 1] = tonumber(text)
  end
  for index, name in ipairs(number_names) do
    state[name] = numbers[index] or 0
  end
  local now_ms = wall_clock_ms()
  if state.wallMs > 0 then
    state.clockMs = state.clockMs + math.min(math.max(now_ms - state.wallMs, 0), step_max_ms)
  end
  state.wallMs = now_ms
end

-- Always writes, so that a WAIT behind the script confirms something.
local function finish(answer)
  local numbers = {}
  for index, name in ipairs(number_names) do
    numbers[index] = whole(state[name])
  end
  redis.call('HSET', key.state, 'series', state.series, 'numbers', table.concat(numbers, ' '))
  return answer
end

-- Entries of the outbox, oldest first.
local function entries_in_order()
  local entries = redis.call('HKEYS', key.outbox)
  table.sort(entries)
  return entries
end

-- How the delivery of a channel's oldest message stands; of another message nothing is known.
local function load_channel(channel, entry)
  local text = redis.call('HGET', key.channels, channel) or '0 0 0 - -'
  local until_ms, tries, again_at, holder, known = string.match(text, '^(%d+) (%d+) (%d+) (%S+) (.+)$')
  if known ~= entry then
    return { until_ms = 0, tries = 0, again_at_ms = 0, holder = '-' }
  end
  return {
    until_ms = tonumber(until_ms), tries = tonumber(tries), again_at_ms = tonumber(again_at), holder = holder,
  }
end

local function save_channel(channel, entry, one)
  redis.call('HSET', key.channels, channel,
    string.format('%d %d %d %s %s', one.until_ms, one.tries, one.again_at_ms, one.holder, entry))
end
