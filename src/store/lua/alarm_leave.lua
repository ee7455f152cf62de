#!lua flags=allow-oom
-- alarm_leave: the replica stops, and is not missed. What it reported counts until its lease ends: its successor says
-- what still holds.
-- own arguments: replica id
-- answer: 'left'

begin()
redis.call('HDEL', key.replicas, ARGV[own + 1])
return finish('left')
