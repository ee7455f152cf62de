#!lua flags=allow-oom
-- email_claim: leases requests that are due to one caller, those of lost leases and later tries first; deletes those
-- of tickets that wait no more, all of them in as many calls as there are sweeps in the longest set, or whose token has
-- ended.
-- own arguments: claim id, lease ms, limit, tries a request has, requests deleted at most by choice, then the highest
--   order that is due for each choice (0: none)
-- answer: {requests kept, more (0|1), entries `id order tries sealed` apart by commas}
-- work: twice the limit claimed, and deleted at most by each of six sets

local claim_id = ARGV[own + 1]
local lease_ms = tonumber(ARGV[own + 2])
local limit = tonumber(ARGV[own + 3])
local tries_max = tonumber(ARGV[own + 4])
local sweep_max = tonumber(ARGV[own + 5])
local due_from = own + 6

local entries = {}
local looked = 0
local sweep_from = tonumber(redis.call('GET', email.sweep_from) or 0)
local sweep_next = 0

local function lease(id, order, record)
  record.tries = record.tries + 1
  record.holder = claim_id
  write_record(id, record)
  redis.call('ZREM', email.under[record.minutes], id)
  redis.call('ZADD', email.claimed, whole(order), id)
  redis.call('ZADD', email.again, whole(now_ms + lease_ms), id)
  entries[#entries + 1] = string.format('%s %s %d %s', id, whole(order), record.tries, record.sealed)
end

local function claim_again()
  local ids = redis.call('ZRANGEBYSCORE', email.again, '-inf', whole(now_ms), 'LIMIT', 0, limit)
  looked = looked + #ids
  for _, id in ipairs(ids) do
    local record = read_record(id)
    local order = tonumber(redis.call('ZSCORE', email.claimed, id))
    if not record or is_begun(record) then
      keep_mark(id)
    elseif record.tries >= tries_max or not waits(id, order) then
      drop(id)
    else
      lease(id, order, record)
    end
  end
end

local function claim_due(choice, due_order)
  local found = redis.call('ZRANGEBYSCORE', email.under[choice], '-inf', due_order, 'LIMIT', 0,
    math.max(0, limit - looked), 'WITHSCORES')
  looked = looked + #found / 2
  for index = 1, #found, 2 do
    local id, order = found[index], tonumber(found[index + 1])
    if waits(id, order) then
      lease(id, order, read_record(id))
    else
      drop(id)
    end
  end
end

-- Goes on where the last sweep stopped: those who are away at their turn still wait, and would fill every sweep from
-- the start. All sets go on together, from the first that was cut short.
local function sweep_released(orders)
  local last_released = whole(math.max(room.frontier, room.startedUs - 1))
  local found = redis.call('ZRANGEBYSCORE', orders, '(' .. whole(sweep_from), last_released, 'LIMIT', 0, sweep_max,
    'WITHSCORES')
  for index = 1, #found, 2 do
    if not waits(found[index], tonumber(found[index + 1])) then
      drop(found[index])
    end
  end
  if #found == 2 * sweep_max then
    local last_order = tonumber(found[#found])
    sweep_next = sweep_next == 0 and last_order or math.min(sweep_next, last_order)
  end
end

if redis.call('EXISTS', email.ends) == 0 then
  return { '0', '0', '' }
end
if not load_live_room() then
  unlink_emails()
  return { '0', '0', '' }
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', email.ends, '-inf', whole(now_ms), 'LIMIT', 0, sweep_max)) do
  drop(id)
end
claim_again()
for index, choice in ipairs(choices) do
  local due_order = ARGV[due_from + index - 1]
  if due_order ~= '0' then
    claim_due(choice, due_order)
  end
  sweep_released(email.under[choice])
end
sweep_released(email.claimed)
if sweep_next > 0 then
  redis.call('SET', email.sweep_from, whole(sweep_next), 'PX', token_ttl_ms)
elseif sweep_from > 0 then
  redis.call('DEL', email.sweep_from)
end
if #entries > 0 then
  redis.call('PEXPIRE', email.claimed, token_ttl_ms)
  redis.call('PEXPIRE', email.again, token_ttl_ms)
end
return {
  whole(redis.call('HLEN', email.records)),
  (limit > 0 and looked >= limit) and '1' or '0',
  table.concat(entries, ','),
}
