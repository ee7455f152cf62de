-- Shared by the scripts that append to an audit, whose stream and head are their last two keys.

local audit = {
  stream = KEYS[#KEYS - 1], -- stream: entry n-0 is record n; `hash`, `record` (its text)
  head = KEYS[#KEYS], -- hash: chain, number, hash of the newest record; firstHash of the oldest kept; event put
  -- down, and the replica that did
}
local audit_kept_max = 100000
local audit_argument_count = 5
local audit_ttl_ms = 2592000000 -- 30 days: how long the audit of a deleted room is kept

-- Of a record, from `first` on: hash of the record before it ('' : it begins a chain), chain, number, hash, text
-- ('' : there is none to append).
local function audit_record(first)
  return {
    previous = ARGV[first], chain = ARGV[first + 1], number = ARGV[first + 2], hash = ARGV[first + 3],
    text = ARGV[first + 4],
  }
end

-- Whether the record does not follow the newest one that is kept.
local function audit_moved(record)
  if record.text == '' then
    return false
  end
  local newest = redis.call('HMGET', audit.head, 'hash', 'number')
  return (newest[1] or '') ~= record.previous or tonumber(newest[2] or 0) + 1 ~= tonumber(record.number)
end

-- Appends a record that follows the newest one.
local function append_audit(record)
  if record.text == '' then
    return
  end
  redis.call('XADD', audit.stream, 'MAXLEN', audit_kept_max, string.format('%s-0', record.number), 'hash', record.hash,
    'record', record.text)
  redis.call('HSET', audit.head, 'chain', record.chain, 'number', record.number, 'hash', record.hash)
  local kept = redis.call('XLEN', audit.stream)
  if kept == 1 or kept == audit_kept_max then
    local oldest = redis.call('XRANGE', audit.stream, '-', '+', 'COUNT', 1)
    redis.call('HSET', audit.head, 'firstHash', oldest[1][2][2])
  end
end

-- The room is there: what is appended later to the audit of a deleted one does not keep it.
local function keep_audit()
  redis.call('PERSIST', audit.stream)
  redis.call('PERSIST', audit.head)
end
