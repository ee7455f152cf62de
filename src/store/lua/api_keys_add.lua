#!lua
-- api_keys_add: one more key; again: the one that is there. Always writes then, so that a WAIT behind it confirms it.
-- arguments: the next version, the version that it is for or '*', key id, record, records at most, revoked keys at
--   most, id of a key whose record may go or '', its revocation
-- reply: {'added'}, {'there', record}, {'over'}, {'changed'} or {'full'}

local next_version, if_version, key_id, record = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local records_max, revoked_max = tonumber(ARGV[5]), tonumber(ARGV[6])
local let_go, let_go_revocation = ARGV[7], ARGV[8]

local there = redis.call('HGET', key.records, key_id)
if not there then
  if is_there(key.revoked, key_id) then
    return { 'over' }
  end
  if if_version ~= '*' and (redis.call('GET', key.version) or '') ~= if_version then
    return { 'changed' }
  end
  if redis.call('HLEN', key.records) >= records_max then
    if let_go == '' or not is_there(key.records, let_go) then
      return { 'full' }
    end
    if not is_there(key.revoked, let_go) then
      if redis.call('HLEN', key.revoked) >= revoked_max then
        return { 'full' }
      end
      redis.call('HSET', key.revoked, let_go, let_go_revocation)
    end
    redis.call('HDEL', key.records, let_go)
    redis.call('HDEL', key.used, let_go)
  end
  redis.call('HSET', key.records, key_id, record)
end
redis.call('SET', key.version, next_version)
return there and { 'there', there } or { 'added' }
