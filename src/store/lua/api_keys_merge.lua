#!lua flags=allow-oom
-- api_keys_merge: takes in what a replica knows of the keys, a revocation among it; also when memory is short.
-- arguments: the next version, records at most, number of records, for each its key id and text, then for each
--   revocation its key id and text; at most 200 of each
-- reply: 'merged'

local next_version, records_max, records = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local revocations_from = 4 + 2 * records

-- A key that is revoked already and has no record gave its place to another.
for index = 4, revocations_from - 1, 2 do
  local key_id = ARGV[index]
  if not is_there(key.revoked, key_id) and redis.call('HLEN', key.records) < records_max then
    redis.call('HSETNX', key.records, key_id, ARGV[index + 1])
  end
end
for index = revocations_from, #ARGV - 1, 2 do
  redis.call('HSETNX', key.revoked, ARGV[index], ARGV[index + 1])
end
redis.call('SET', key.version, next_version)
return 'merged'
