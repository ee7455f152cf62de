#!lua
-- replica_beat: a replica tells of itself. When it is a new one, those not heard of for long are taken out; so is the
-- new one itself where there are too many.
-- key: the replicas (hash: id -> `heardAtMs text`, store's wall ms)
-- arguments: store's wall us ('' outside tests), replica's id, its text, ms after which one is gone, replicas at most
-- answer: `heard` or `too-many`
-- work: a beat is one field; a new replica's first one goes through all of them

local replicas = KEYS[1]
local now_us, replica_id, text = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local gone_ms, replicas_max = tonumber(ARGV[4]), tonumber(ARGV[5])

if not now_us then
  local time = redis.call('TIME')
  now_us = tonumber(time[1]) * 1000000 + tonumber(time[2])
end
local now_ms = math.floor(now_us / 1000)

local is_new = redis.call('HSET', replicas, replica_id, string.format('%d %s', now_ms, text)) == 1
redis.call('PEXPIRE', replicas, ARGV[4])
if not is_new then
  return 'heard'
end
local fields = redis.call('HGETALL', replicas)
for index = 1, #fields, 2 do
  local heard_ms = tonumber(string.match(fields[index + 1], '^%d+'))
  -- One from the future was heard of before the clock was set back.
  if math.abs(now_ms - heard_ms) > gone_ms then
    redis.call('HDEL', replicas, fields[index])
  end
end
if redis.call('HLEN', replicas) > replicas_max then
  redis.call('HDEL', replicas, replica_id)
  return 'too-many'
end
return 'heard'
