#!lua
-- api_keys_use: when keys were last used, as one replica saw it; what is later stays. Keys of the settings have no
--   record.
-- arguments: key id and wall ms, in turn; at most 500 keys
-- reply: 'noted'

for index = 1, #ARGV - 1, 2 do
  local key_id, at_text = ARGV[index], ARGV[index + 1]
  if is_there(key.records, key_id) or string.sub(key_id, 1, 9) == 'settings-' then
    local before = tonumber(redis.call('HGET', key.used, key_id) or 0)
    if tonumber(at_text) > before then
      redis.call('HSET', key.used, key_id, at_text)
    end
  end
end
return 'noted'
