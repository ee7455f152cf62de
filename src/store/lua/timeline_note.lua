#!lua
-- timeline_note: puts the newest frame down as the room's figures of this interval, once whoever asks. Writes nothing
-- else: a room that nobody is in and that did not change is as its last entry says.
-- three keys more: the levels, finest first (streams; an entry's id is the start of its interval, wall ms; after the
--   clock was set back, the newest id counted on)
-- own arguments: ms for which entries are kept; then two a level: length of its intervals, ms; entries kept
-- answer: `noted`, `there`, `same` or `nothing`
-- work: three entries appended, and as many removed; a year's entries when the clock leaps a year ahead

local kept_ms = tonumber(ARGV[own + 1])
local levels = { KEYS[14], KEYS[15], KEYS[16] }
local frame_head_bytes = 511 -- 25 numbers of at most 17 digits

if not load_room() or room.state == 'deleted' then
  return 'nothing'
end
-- Past its retention only the counts are kept.
if room.state == 'closed' and room.purgedUs > 0 and room.purgedUs >= room.closedAtMs * 1000 then
  return 'nothing'
end
local frame = string.match(redis.call('GETRANGE', key.frame, 0, frame_head_bytes), '^([^;]+);')
if not frame then
  return 'nothing'
end
local now_ms = math.floor((caller.nowUs or server_time_us()) / 1000)
local run = whole(room.startedUs)
local settings = string.format('%s %d %d %d %d %d', room.state, room.version, room.epochNumber, room.capacity,
  room.outflowPerMinute, room.places)
-- Two times in front and one behind go on by themselves.
local function figures_of(text)
  return string.match(text, '^%d+,%d+,(.*),%d+$')
end
local is_peopled = not string.find(frame, '^%d+,%d+,0,0,0,0,0,0,')

local function newest_of(stream)
  local entry = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  if not entry then
    return nil
  end
  local last_ms, part = string.match(entry[1], '^(%d+)%-(%d+)$')
  return {
    ms = last_ms,
    part = tonumber(part),
    at = tonumber(field_of(entry[2], 'at')),
    run = field_of(entry[2], 'run'),
    is_same = field_of(entry[2], 'room') == settings and figures_of(field_of(entry[2], 'frame')) == figures_of(frame),
  }
end

local function note(level, every_ms, entries_max)
  local stream = levels[level]
  local start = now_ms - now_ms % every_ms
  local newest = newest_of(stream)
  local id = whole(start) .. '-0'
  if newest then
    if newest.at == start then
      return 'there'
    end
    if newest.is_same and not is_peopled then
      return 'same'
    end
    if tonumber(newest.ms) >= start then
      id = string.format('%s-%d', newest.ms, newest.part + 1)
    end
  end
  redis.call('XADD', stream, 'MAXLEN', '=', entries_max, id, 'at', whole(start), 'run', run, 'room', settings,
    'frame', frame)
  if level == #levels then
    redis.call('XTRIM', stream, 'MINID', whole(math.max(0, now_ms - kept_ms)))
    -- Should nobody remove them with the room.
    for _, name in ipairs(levels) do
      redis.call('PEXPIRE', name, whole(kept_ms))
    end
  end
  return 'noted'
end

local newest = newest_of(levels[1])
if newest and newest.run ~= run then
  redis.call('UNLINK', unpack(levels))
end
local answer = 'same'
for level = 1, #levels do
  local first = own + 2 * level
  local noted = note(level, tonumber(ARGV[first]), ARGV[first + 1])
  if level == 1 and noted == 'there' then
    return noted
  end
  answer = noted == 'noted' and noted or answer
end
return answer
