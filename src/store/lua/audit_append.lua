#!lua
-- audit_append: one record, when it follows the newest one of its chain.
-- keys: the chain's stream and head
-- arguments: the record (see _audit.lua), then of the event that it tells of: start of the room's run, us, event number
--   ('' : of none), and the replica that heard of it: two write the same record when they do in one millisecond
-- answer: 'appended' (also for a repeat of the record), 'known' (the event was put down before), 'moved'

local record = audit_record(1)
local run, event = ARGV[audit_argument_count + 1], ARGV[audit_argument_count + 2]
local replica = ARGV[audit_argument_count + 3]

-- Written by every call, so that a WAIT behind it confirms something.
redis.call('HSET', audit.head, 'asked', record.number)
local entry_id = string.format('%s-0', record.number)
local there = redis.call('XRANGE', audit.stream, entry_id, entry_id)[1]
local known = redis.call('HGET', audit.head, 'event') or '0 0'
if there and there[2][2] == record.hash then
  local is_others = known == run .. ' ' .. event and redis.call('HGET', audit.head, 'replica') ~= replica
  return is_others and 'known' or 'appended'
end
if event ~= '' then
  local known_run, known_event = string.match(known, '^(%d+) (%d+)$')
  local is_older_run = tonumber(run) < tonumber(known_run)
  if is_older_run or (run == known_run and tonumber(event) <= tonumber(known_event)) then
    return 'known'
  end
end
if audit_moved(record) then
  return 'moved'
end
append_audit(record)
if event ~= '' then
  redis.call('HSET', audit.head, 'event', run .. ' ' .. event, 'replica', replica)
end
return 'appended'
