-- Shared by the scripts of API keys: the names of their keys. None belongs to a room.

local key = {
  records = KEYS[1], -- hash: keyId -> what the key is, as JSON; never changed
  revoked = KEYS[2], -- hash: keyId -> when it was revoked and by whom, as JSON; never taken back
  used = KEYS[3], -- hash: keyId -> when it was last used, wall ms
  version = KEYS[4], -- string: another text after each change
}

local function is_there(hash, key_id)
  return redis.call('HEXISTS', hash, key_id) == 1
end
